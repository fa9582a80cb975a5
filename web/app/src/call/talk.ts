/** Talking for as long as a key or a button is held down, and not a moment longer. */
import { session } from './session.js';
import { Subject } from '../subject.js';

const listeners = new Subject();
let on = false;

export const talk = {
  get on(): boolean {
    return on;
  },
  /** Only a muted microphone can be opened this way. */
  begin(): void {
    if (on || !session.media?.track('microphone') || !session.media.muted) return;
    set(true);
  },
  end(): void {
    if (on) set(false);
  },
  /** Whatever keeps the page from hearing that the key was let go of ends it too. */
  watch(): () => void {
    const hidden = (): void => {
      if (document.hidden) talk.end();
    };
    addEventListener('blur', talk.end);
    document.addEventListener('visibilitychange', hidden);
    return () => {
      removeEventListener('blur', talk.end);
      document.removeEventListener('visibilitychange', hidden);
      talk.end();
    };
  },
  subscribe: listeners.subscribe,
};

function set(next: boolean): void {
  on = next;
  session.talk(next);
  listeners.tell();
}
