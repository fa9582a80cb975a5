/** Whether the small window is open. */
const listeners = new Set<() => void>();
let open = false;

export const pip = {
  get open(): boolean {
    return open;
  },
  set(next: boolean): void {
    if (next === open) return;
    open = next;
    for (const listener of listeners) listener();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
