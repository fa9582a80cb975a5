/** Holds the state and tells the views when it changed. */
import type { Key } from './i18n/index.js';
import { reduce, type Action } from './reduce.js';
import { parseRoute } from './router.js';
import { settings } from './settings.js';
import { initialState, type Notice, type State, type Toast } from './state.js';
import { Subject } from './subject.js';

const toastMs = 6000;
const listeners = new Subject();
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
    listeners.tell();
  },
  subscribe: listeners.subscribe,
};

/** Shows a message at the edge of the page for some seconds. */
export function toast(key: Key, params: Readonly<Record<string, string | number>> = {}, tone: Toast['tone'] = 'info'): void {
  show({ key, params }, tone);
}

/** The same in a feature's own words. */
export function toastText(text: string, tone: Toast['tone'] = 'info'): void {
  show({ text }, tone);
}

/** For screen readers alone. */
export function announceText(text: string): void {
  store.dispatch({ type: 'announce', notice: { text } });
}

function show(notice: Notice, tone: Toast['tone']): void {
  const id = ++toasts;
  store.dispatch({ type: 'toast', toast: { ...notice, id, tone } });
  setTimeout(() => store.dispatch({ type: 'toast-gone', id }), toastMs);
}
