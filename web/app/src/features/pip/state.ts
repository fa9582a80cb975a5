/** Whether the small window is open. */
import { Subject } from '../../subject.js';

const listeners = new Subject();
let open = false;

export const pip = {
  get open(): boolean {
    return open;
  },
  set(next: boolean): void {
    if (next === open) return;
    open = next;
    listeners.tell();
  },
  subscribe: listeners.subscribe,
};
