/** Writes one file as its messages come: hashing goes on while the piece before is written. */

import { Collector, type Collected } from './collector.js';
import { StoreError, type Kept, type SinkEvents } from './store.js';
import { parseHeader, type FileErrorCode, type FileInfo } from './wire.js';

/** What is written to: a file of the store, or one that the person has picked. */
export interface Backend {
  /** Pieces that are there. */
  readonly pieces: number;
  /** Takes the next one. */
  append(piece: Collected): void | Promise<void>;
  /** The tree hash of the first `pieces`. */
  tree(pieces: number): Promise<string>;
  setPaused(paused: boolean): void;
  finish(): Promise<void>;
  close(): void | Promise<void>;
}

export class Task {
  readonly #backend: Backend;
  readonly #events: SinkEvents;
  readonly #collector: Collector;
  /** What was begun with the pieces before. */
  #before: Promise<void> = Promise.resolve();
  #takenBytes = 0;
  #over = false;

  constructor(info: FileInfo, backend: Backend, events: SinkEvents) {
    this.#events = events;
    this.#backend = backend;
    this.#collector = new Collector(info.bytes, backend.pieces);
  }

  write(message: ArrayBuffer): void {
    this.#takenBytes += message.byteLength;
    const header = parseHeader(message);
    const result = header && !this.#over ? this.#collector.add(header, message) : null;
    if (result === 'bad') this.#then(() => this.#reject());
    else if (result) {
      const digest = crypto.subtle.digest('SHA-256', result.bytes);
      this.#then(async () => this.#keep(result, new Uint8Array(await digest)));
    }
  }

  setPaused(paused: boolean): void {
    this.#then(() => this.#backend.setPaused(paused));
  }

  /** After what was begun. */
  async tree(): Promise<Kept> {
    await this.#before;
    const { pieces } = this.#backend;
    return { pieces, tree: await this.#backend.tree(pieces) };
  }

  async finish(): Promise<string> {
    const { tree } = await this.tree();
    this.#over = true;
    await this.#backend.finish();
    return tree;
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#before;
    await this.#backend.close();
  }

  #then(step: () => void | Promise<void>): void {
    this.#before = this.#before.then(async () => {
      if (!this.#over) await step();
    }).catch((error: unknown) => {
      this.#over = true;
      void this.#backend.close();
      this.#events.failed(codeOf(error), String(error));
    });
  }

  async #keep(collected: Collected, hash: Uint8Array): Promise<void> {
    if (collected.piece !== this.#backend.pieces) return; // one before it was bad
    if (hash.some((byte, i) => byte !== collected.hash[i])) return this.#reject();
    await this.#backend.append(collected);
    this.#collector.release(collected);
    this.#events.kept(this.#backend.pieces, this.#takenBytes);
  }

  #reject(): void {
    const piece = this.#backend.pieces;
    this.#collector.restart(piece);
    this.#events.bad(piece, this.#takenBytes);
  }
}

export function codeOf(error: unknown): FileErrorCode {
  if (error instanceof StoreError) return error.code === 'no-store' ? 'internal' : error.code;
  return error instanceof DOMException && error.name === 'QuotaExceededError' ? 'no-space' : 'internal';
}
