/** Holds the state and tells the views when it changed. */
import { reduce, type Action } from './reduce.js';
import { parseRoute } from './router.js';
import { settings } from './settings.js';
import { initialState, type Notice, type State } from './state.js';

const toastMs = 6000;
const listeners = new Set<() => void>();
let state: State = initialState(settings().name, parseRoute(new URL(location.href)));
let toasts = 0;

export const store = {
  get state(): State {
    return state;
  },
  dispatch(action: Action): void {
    const next = reduce(state, action);
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Shows a message at the edge of the page for some seconds. */
export function toast(key: Notice['key'], params: Notice['params'] = {}, tone: 'info' | 'warning' = 'info'): void {
  const id = ++toasts;
  store.dispatch({ type: 'toast', toast: { id, key, params, tone } });
  setTimeout(() => store.dispatch({ type: 'toast-gone', id }), toastMs);
}
