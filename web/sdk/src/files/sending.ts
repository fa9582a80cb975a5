/**
 * One file on its way to one receiver: what that has asked for, and what of it was sent.
 *
 *   offered -- want --> checking --> sending <-- more, want --> paused
 *                          |            | done, and the same
 *                          v            v
 *                        failed       done
 */

import type { FilePieces } from './pieces.js';
import { Rate } from './rate.js';
import type { FileProblem, Receiver, ReceiverState } from './types.js';
import { bytesOfPieces, piecesOf, type FileErrorCode, type Message } from './wire.js';

export interface SendingHost {
  /** Null until the person has chosen the file again. */
  pieces(): FilePieces | null;
  send(peer: string, message: Message): void;
  changed(progress: boolean): void;
  /** There is something to send to this peer. */
  ready(peer: string): void;
  /** The file cannot be read: the person has to choose it again. */
  unreadable(): void;
}

export class Sending implements Receiver {
  readonly id: string;
  readonly peer: string;
  readonly #bytes: number;
  readonly #host: SendingHost;
  readonly #rate = new Rate();
  #state: ReceiverState = 'offered';
  #problem: FileProblem | null = null;
  #next = 0;
  #upto = 0;
  /** Counts the beginnings: what was read for an earlier one is not sent. */
  #run = 0;

  constructor(id: string, bytes: number, peer: string, host: SendingHost) {
    this.id = id;
    this.peer = peer;
    this.#bytes = bytes;
    this.#host = host;
  }

  get state(): ReceiverState {
    return this.#state;
  }

  get problem(): FileProblem | null {
    return this.#problem;
  }

  get run(): number {
    return this.#run;
  }

  get sentBytes(): number {
    return bytesOfPieces(this.#next, this.#bytes);
  }

  get rateBps(): number {
    return this.#state === 'sending' ? this.#rate.bps() : 0;
  }

  get secondsLeft(): number | null {
    return this.#state === 'sending' ? this.#rate.secondsLeft(this.#bytes - this.sentBytes) : null;
  }

  handle(message: Message): void {
    switch (message.type) {
      case 'want': return void this.#want(message.from, message.upto, message.have ?? null);
      case 'more': return this.#more(message.upto);
      case 'pause':
        if (this.#state === 'sending') this.#become('paused');
        return;
      case 'refuse': return this.#stop('refused');
      case 'cancel': return this.#stop('cancelled');
      case 'done': return void this.#done(message.tree);
      case 'failed':
        this.#problem = message.code;
        return this.#stop('failed');
      default: // what senders say
    }
  }

  /** Something was asked for, and it is not over. */
  get unfinished(): boolean {
    return ['checking', 'sending', 'paused'].includes(this.#state);
  }

  /** The next piece to send, if there is one; it counts as sent. */
  take(): number | null {
    const open = this.#state === 'sending' || this.#state === 'paused';
    return open && this.#next < this.#upto ? this.#next++ : null;
  }

  /** A piece has been handed to the connection. */
  gave(): void {
    this.#rate.mark(this.sentBytes);
    this.#host.changed(true);
  }

  left(): void {
    if (this.#state !== 'done') this.#stop('away');
  }

  fail(code: FileErrorCode, message: string): void {
    this.#problem = code;
    this.#host.send(this.peer, { type: 'failed', id: this.id, code, message: message.slice(0, 256) });
    this.#stop('failed');
  }

  async #want(from: number, upto: number, have: string | null): Promise<void> {
    const pieces = this.#host.pieces();
    const total = piecesOf(this.#bytes);
    const run = ++this.#run;
    this.#upto = this.#next = 0;
    this.#problem = null;
    if (!pieces) return this.fail('unreadable', 'the file has to be chosen again');
    if (from > total) return this.fail('changed', `the file has ${total} pieces`);
    if (have !== null) {
      this.#become('checking');
      const tree = await pieces.tree(from, () => run === this.#run).catch(() => undefined);
      if (run !== this.#run) return;
      if (tree === undefined) return this.#host.unreadable();
      if (tree !== have) return this.fail('changed', 'the pieces that the receiver has are of another file');
    }
    this.#next = from;
    this.#upto = Math.min(upto, total);
    this.#rate.restart(this.sentBytes);
    this.#become('sending');
    this.#host.ready(this.peer);
  }

  #more(upto: number): void {
    if (this.#state !== 'sending' && this.#state !== 'paused') return;
    const resumes = this.#state === 'paused';
    this.#upto = Math.max(this.#upto, Math.min(upto, piecesOf(this.#bytes)));
    if (resumes) {
      this.#rate.restart(this.sentBytes);
      this.#become('sending');
    }
    this.#host.ready(this.peer);
  }

  async #done(tree: string): Promise<void> {
    const pieces = this.#host.pieces();
    if (!pieces) return this.fail('unreadable', 'the file has to be chosen again');
    const run = ++this.#run;
    this.#upto = this.#next;
    const own = await pieces.tree(pieces.total, () => run === this.#run).catch(() => undefined);
    if (run !== this.#run) return;
    if (typeof own !== 'string') return this.#host.unreadable();
    const match = own === tree;
    this.#host.send(this.peer, { type: 'confirmed', id: this.id, tree: own, match });
    this.#next = this.#upto = pieces.total;
    this.#problem = match ? null : 'changed';
    this.#become(match ? 'done' : 'failed');
  }

  #stop(state: ReceiverState): void {
    this.#run++;
    this.#upto = this.#next;
    this.#become(state);
  }

  #become(state: ReceiverState): void {
    this.#state = state;
    this.#host.changed(false);
  }
}
