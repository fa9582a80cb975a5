/**
 * What is sent to one peer: pieces of all its transfers in turns, no faster than its channel takes
 * them. The next pieces are read and hashed while one waits for the channel.
 */

import type { FilePieces, Piece } from './pieces.js';
import type { Sending } from './sending.js';
import { HASH_BYTES, HEADER_BYTES, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN, idBytes, putHeader } from './wire.js';

/** Pieces that are read ahead: what reads several at once costs browsers less. */
const AHEAD = 6;

export interface UplinkHost {
  /** Transfers to this peer, and where each is read from. */
  readonly sendings: () => Iterable<{ sending: Sending; pieces: FilePieces }>;
  messageBytesMax(): number;
  /** Hands a message over. Throws where the peer is gone. */
  send(message: ArrayBuffer): void;
  /** Resolves when the channel wants more; false when it will never. */
  room(): Promise<boolean>;
  unreadable(sending: Sending): void;
}

interface Ahead { sending: Sending; run: number; piece: number; read: Promise<Piece | null> }

export class Uplink {
  readonly #host: UplinkHost;
  #running = false;
  #last: Sending | null = null;

  constructor(host: UplinkHost) {
    this.#host = host;
  }

  /** There may be something to send. */
  wake(): void {
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const ahead: Ahead[] = [];
    try {
      for (;;) {
        while (ahead.length < AHEAD && this.#readNext(ahead));
        const next = ahead.shift();
        if (!next) return;
        const piece = await next.read;
        if (!await this.#host.room()) return;
        if (next.run !== next.sending.run) continue;
        if (!piece) {
          this.#host.unreadable(next.sending);
          continue;
        }
        this.#send(next, piece);
      }
    } catch (error) {
      // The channel refuses it: to go on would leave a hole.
      for (const { sending } of this.#host.sendings()) if (sending.unfinished) sending.fail('internal', String(error));
    } finally {
      this.#running = false;
    }
  }

  /** One piece of the transfer whose turn it is. */
  #readNext(ahead: Ahead[]): boolean {
    const all = [...this.#host.sendings()];
    const after = all.findIndex(({ sending }) => sending === this.#last) + 1;
    for (const { sending, pieces } of [...all.slice(after), ...all.slice(0, after)]) {
      const piece = sending.take();
      if (piece === null) continue;
      this.#last = sending;
      ahead.push({ sending, run: sending.run, piece, read: pieces.read(piece).catch(() => null) });
      return true;
    }
    return false;
  }

  #send({ sending, piece }: Ahead, { bytes, hash }: Piece): void {
    const size = Math.min(this.#host.messageBytesMax(), MESSAGE_BYTES_MAX);
    if (size < MESSAGE_BYTES_MIN) return sending.fail('too-large', `the peer takes messages of ${size} bytes`);
    const id = idBytes(sending.id);
    for (let offset = 0, last = false; !last;) {
      const left = bytes.length - offset;
      last = left <= size - HEADER_BYTES - HASH_BYTES;
      // At least a byte is left for the message with the hash.
      const part = last ? left : Math.min(size - HEADER_BYTES, left - 1);
      const message = new Uint8Array(HEADER_BYTES + part + (last ? HASH_BYTES : 0));
      putHeader(message, id, piece, offset === 0, last);
      message.set(bytes.subarray(offset, offset + part), HEADER_BYTES);
      if (last) message.set(hash, HEADER_BYTES + part);
      this.#host.send(message.buffer);
      offset += part;
    }
    sending.gave();
  }
}
