/** Puts the messages of a file's pieces together, one piece after the other. */

import { HASH_BYTES, HEADER_BYTES, PIECE_BYTES, piecesOf, type Header } from './wire.js';

export interface Collected { readonly piece: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly hash: Uint8Array<ArrayBuffer> }

export class Collector {
  readonly #fileBytes: number;
  #next: number;
  #size: number;
  /** Bytes of the next piece; -1 before its first message. */
  #filled = -1;
  #buffer: Uint8Array<ArrayBuffer> | null = null;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  constructor(fileBytes: number, next: number) {
    this.#fileBytes = fileBytes;
    this.#next = next;
    this.#size = this.#sizeOf(next);
  }

  /**
   * Takes one message. Returns a piece when that is complete, 'bad' when it cannot become one, and
   * null while there is more to come, or for a message of another piece than the next.
   */
  add(header: Header, message: ArrayBuffer): Collected | 'bad' | null {
    if (header.piece !== this.#next || this.#next >= piecesOf(this.#fileBytes)) return null;
    if (header.first) this.#filled = 0;
    if (this.#filled < 0) return null;
    const end = message.byteLength - (header.last ? HASH_BYTES : 0);
    const part = end - HEADER_BYTES;
    const fits = header.last ? this.#filled + part === this.#size : this.#filled + part < this.#size;
    if (part <= 0 || !fits) {
      this.#filled = -1;
      return 'bad';
    }
    this.#buffer ??= this.#spare.pop() ?? new Uint8Array(PIECE_BYTES);
    this.#buffer.set(new Uint8Array(message, HEADER_BYTES, part), this.#filled);
    this.#filled += part;
    if (!header.last) return null;
    const collected = { piece: this.#next, bytes: this.#buffer.subarray(0, this.#size), hash: new Uint8Array(message, end) };
    this.#buffer = null;
    this.restart(this.#next + 1);
    return collected;
  }

  /** Waits for this piece, from its first message on. */
  restart(piece: number): void {
    this.#next = piece;
    this.#size = this.#sizeOf(piece);
    this.#filled = -1;
  }

  /** The bytes of a piece are not needed any more. */
  release({ bytes }: Collected): void {
    if (this.#spare.length < 4) this.#spare.push(new Uint8Array(bytes.buffer));
  }

  #sizeOf(piece: number): number {
    return Math.min(PIECE_BYTES, this.#fileBytes - piece * PIECE_BYTES);
  }
}
