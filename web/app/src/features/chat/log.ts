/** What was said, in order. Pure: times and ids come from outside. */
import type { Earlier } from './message.js';

export interface Entry {
  /** Who and which: unique here, whatever ids others choose. */
  key: string;
  id: string;
  /** Peer id; 'self' for what was said from here. */
  from: string;
  name: string;
  text: string;
  atMs: number;
  /** Id of the message that this one answers. */
  replyTo: string | null;
  /** Of a private message the other person. */
  private: { id: string; name: string } | null;
  edited: boolean;
  deleted: boolean;
  /** Told by somebody else: it was said before this person came. */
  earlier: boolean;
}

/** Entries kept; older ones go. */
export const entriesMax = 500;
/** Changes of messages not known yet, which may be among those that somebody tells. */
const aheadMax = 100;

export function keyOf(from: string, id: string): string {
  return `${from} ${id}`;
}

export class Log {
  #entries: readonly Entry[] = [];
  readonly #ahead = new Map<string, string | null>();

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  find(key: string): Entry | undefined {
    return this.#entries.find((entry) => entry.key === key);
  }

  /** What an answer quotes. */
  answered({ replyTo }: Entry): Entry | undefined {
    return replyTo === null ? undefined : this.#entries.find(({ id }) => id === replyTo);
  }

  /** False if it is there already. */
  add(entry: Omit<Entry, 'key' | 'edited' | 'deleted' | 'earlier'>): boolean {
    const key = keyOf(entry.from, entry.id);
    if (this.find(key)) return false;
    this.#entries = [...this.#entries, { ...entry, key, edited: false, deleted: false, earlier: false }].slice(-entriesMax);
    return true;
  }

  /** A new text, or null to delete it. Only who wrote a message changes it. */
  change(from: string, id: string, text: string | null): void {
    const key = keyOf(from, id);
    const known = this.find(key);
    if (known?.deleted) return;
    if (known) {
      this.#entries = this.#entries.map((entry) => (entry === known ? changed(entry, text) : entry));
      return;
    }
    if (this.#ahead.size < aheadMax) this.#ahead.set(key, text);
  }

  /**
   * Takes in what somebody else heard, at the place where it was said. `mine` is this person's peer id:
   * nobody tells what oneself has said. Their clock says `theirNowMs`; only how long ago counts. Gives
   * what was new.
   */
  merge(told: readonly Earlier[], mine: string, theirNowMs: number, nowMs: number): Entry[] {
    const known = new Set(this.#entries.map(({ key }) => key));
    const fresh: Entry[] = [];
    for (const { from, id, name, text, atMs, replyTo, edited } of told) {
      const key = keyOf(from, id);
      if (from === mine || from === 'self' || known.has(key)) continue;
      known.add(key);
      const entry = {
        key, id, from, name, text, replyTo, edited, atMs: nowMs - Math.max(0, theirNowMs - atMs),
        private: null, deleted: false, earlier: true,
      };
      const ahead = this.#ahead.get(key);
      fresh.push(ahead === undefined ? entry : changed(entry, ahead));
    }
    // Stable: what was heard at the same time stays in the order in which it was told.
    this.#entries = [...fresh, ...this.#entries].sort((a, b) => a.atMs - b.atMs).slice(-entriesMax);
    return fresh;
  }

  /** What may be told to who comes later: nothing private, nothing deleted. */
  tell(mine: string, myName: string): Earlier[] {
    return this.#entries.filter((entry) => entry.private === null && !entry.deleted).map((entry) => ({
      id: entry.id, from: entry.from === 'self' ? mine : entry.from, name: entry.from === 'self' ? myName : entry.name,
      text: entry.text, atMs: entry.atMs, replyTo: entry.replyTo, edited: entry.edited,
    }));
  }
}

function changed(entry: Entry, text: string | null): Entry {
  return text === null ? { ...entry, text: '', deleted: true } : { ...entry, text, edited: true };
}
