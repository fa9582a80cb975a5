/**
 * Asks for what was said before: the person who has been there longest, and the next one when no
 * answer comes. Each asks only those who were there before, so nobody waits in a circle.
 */
import { randomID } from './ids.js';

/** For one person to answer, with the connection still to be made. */
export const answerMsMax = 8000;

export interface AskHost {
  send(peer: string, id: string): void;
  after(ms: number, act: () => void): () => void;
}

export class Asking {
  readonly #host: AskHost;
  readonly #waiting: string[];
  readonly #asked = new Map<string, string>();
  readonly #done: () => void;
  #cancel: () => void = () => undefined;
  /** Resolves when somebody has answered, or there is nobody left to ask. */
  readonly settled: Promise<void>;

  /** Peers in the order in which they are asked. */
  constructor(peers: readonly string[], host: AskHost) {
    this.#host = host;
    this.#waiting = [...peers];
    let done = (): void => undefined;
    this.settled = new Promise((resolve) => { done = resolve; });
    this.#done = done;
    this.#next();
  }

  /** True for an answer that was asked for; a late one is as good. */
  accept(peer: string, id: string): boolean {
    if (this.#asked.get(peer) !== id) return false;
    this.#asked.delete(peer);
    this.stop();
    return true;
  }

  gone(peer: string): void {
    const index = this.#waiting.indexOf(peer);
    if (index >= 0) this.#waiting.splice(index, 1);
    if (this.#asked.delete(peer) && this.#asked.size === 0) this.#next();
  }

  stop(): void {
    this.#cancel();
    this.#waiting.length = 0;
    this.#done();
  }

  #next(): void {
    this.#cancel();
    const peer = this.#waiting.shift();
    if (peer === undefined) return this.#done();
    const id = randomID();
    this.#asked.set(peer, id);
    this.#host.send(peer, id);
    this.#cancel = this.#host.after(answerMsMax, () => this.#next());
  }
}
