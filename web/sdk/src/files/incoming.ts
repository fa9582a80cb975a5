/**
 * One file that is offered to us: what is asked for, what has come, and when it is asked for again.
 *
 *                   accept                    all pieces kept            confirmed
 *   offered ------------------> receiving -----------------> verifying -----------> done
 *      | refuse                 |  ^   |  ^ offered again
 *      v                  pause v  |   v  |
 *   refused                    paused  waiting  (sender away or its file unreadable)
 *
 * Everything that takes time is checked against #run afterwards, which counts what makes it void.
 */

import { Rate } from './rate.js';
import { StoreError, type FileStore, type KeptFile, type Sink } from './store.js';
import type { FileProblem, FileTarget, Incoming, IncomingState } from './types.js';
import {
  EXTEND_PIECES, PIECE_BYTES, TRIES_MAX, WINDOW_PIECES, bytesOfPieces, piecesOf,
  type FileErrorCode, type FileGroup, type FileInfo, type Header, type Message,
} from './wire.js';

/** Of what was written and not dealt with: the window, and what a sender may begin anew. */
const UNTAKEN_BYTES_MAX = (WINDOW_PIECES + 2) * PIECE_BYTES;

export interface IncomingHost {
  readonly room: string;
  /** Null where this browser cannot keep files. */
  readonly store: FileStore | null;
  send(peer: string, message: Message): void;
  changed(incoming: IncomingFile, progress: boolean): void;
  finished(incoming: IncomingFile): void;
  failed(incoming: IncomingFile, problem: FileProblem): void;
  /** It is of no use any more. */
  gone(incoming: IncomingFile): void;
  download(file: File): void;
}

export class IncomingFile implements Incoming {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly mime: string;
  readonly modifiedMs: number;
  readonly group: FileGroup | null;
  readonly #host: IncomingHost;
  readonly #total: number;
  readonly #rate = new Rate();
  #state: IncomingState = 'offered';
  #problem: FileProblem | null = null;
  #from: string | null;
  #target: FileTarget = 'store';
  #sink: Sink | null = null;
  #opening = false;
  #kept = 0;
  /** End of the window that was asked for. */
  #upto = 0;
  /** A `want` was sent to this sender. */
  #begun = false;
  /** All is where it belongs for good. */
  #settled = false;
  /** It was finished in an earlier visit, which may have ended before the sender was told. */
  #untold = false;
  #run = 0;
  #writtenBytes = 0;
  #takenBytes = 0;
  #badPiece = -1;
  #tries = 0;

  constructor(info: FileInfo, from: string | null, host: IncomingHost, kept?: KeptFile) {
    ({
      id: this.id, name: this.name, path: this.path, bytes: this.bytes, mime: this.mime,
      modifiedMs: this.modifiedMs, group: this.group,
    } = info);
    this.#host = host;
    this.#from = from;
    this.#total = piecesOf(info.bytes);
    if (!kept) return;
    this.#kept = kept.pieces;
    this.#state = kept.done ? 'done' : kept.paused ? 'paused' : 'waiting';
    this.#untold = kept.done;
  }

  get state(): IncomingState {
    return this.#state;
  }

  get from(): string | null {
    return this.#from;
  }

  get problem(): FileProblem | null {
    return this.#problem;
  }

  get target(): FileTarget {
    return this.#target;
  }

  get receivedBytes(): number {
    return bytesOfPieces(this.#kept, this.bytes);
  }

  get rateBps(): number {
    return this.#state === 'receiving' ? this.#rate.bps() : 0;
  }

  get secondsLeft(): number | null {
    return this.#state === 'receiving' ? this.#rate.secondsLeft(this.bytes - this.receivedBytes) : null;
  }

  /** What a sender has to be asked for after it was away. */
  get unfinished(): boolean {
    return ['receiving', 'paused', 'waiting', 'verifying'].includes(this.#state);
  }

  async accept(target: FileTarget = 'store'): Promise<void> {
    if (!['offered', 'refused', 'failed'].includes(this.#state) || this.#opening) return;
    if (this.#from === null) return;
    this.#target = target;
    this.#problem = null;
    this.#become('receiving');
    await this.#open();
  }

  pause(): void {
    if (!['receiving', 'waiting'].includes(this.#state)) return;
    if (this.#state === 'receiving') this.#tell({ type: 'pause', id: this.id });
    this.#sink?.setPaused(true);
    this.#become('paused');
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#sink?.setPaused(false);
    this.#become(this.#from === null ? 'waiting' : 'receiving');
    if (this.#from === null) return;
    this.#rate.restart(this.receivedBytes);
    if (!this.#sink) void this.#open();
    else if (this.#begun) this.#extend(true);
    else void this.#begin();
  }

  refuse(): void {
    if (this.#state !== 'offered') return;
    this.#tell({ type: 'refuse', id: this.id });
    this.#become('refused');
  }

  async cancel(): Promise<void> {
    if (!this.unfinished) return;
    this.#tell({ type: 'cancel', id: this.id });
    this.#become('refused');
    await this.#drop();
    if (this.#from === null) this.#host.gone(this);
  }

  async remove(): Promise<void> {
    if (this.unfinished) await this.cancel();
    else await this.#drop();
    this.#host.gone(this);
  }

  async save(): Promise<void> {
    this.#host.download(await this.file());
  }

  async file(): Promise<File> {
    return this.#finishedIn().file(this, this.#target);
  }

  async sha256(onProgress: (bytes: number) => void = () => undefined): Promise<string> {
    return this.#finishedIn().sha256(this, this.#target, onProgress);
  }

  /** `peer` offers it, for the first time or again. False if that is not believed, as while another is there who does. */
  offered(peer: string, info: FileInfo, otherIsPresent: boolean): boolean {
    if (this.#from === peer) return true;
    if (otherIsPresent || info.bytes !== this.bytes) return false;
    if (this.#from !== null && this.unfinished) this.senderLeft();
    this.#from = peer;
    this.#problem = null;
    if (this.#state === 'waiting') {
      this.#become('receiving');
      void (this.#sink ? this.#begin() : this.#open());
    } else {
      if (this.#state === 'done' && this.#untold) void this.#tellDone();
      this.#host.changed(this, false);
    }
    return true;
  }

  /** The sender is not there any more, or does not offer it. */
  senderLeft(): void {
    this.#from = null;
    this.#begun = false;
    this.#run++;
    if (this.#state === 'offered' || this.#state === 'refused') this.#host.gone(this);
    else if (this.#state === 'receiving') this.#become('waiting');
    else if (this.#state === 'verifying' && this.#settled) this.#complete(); // each piece was verified
    else this.#host.changed(this, false);
  }

  handle(message: Message): void {
    switch (message.type) {
      case 'withdraw': case 'cancel':
        if (this.unfinished) return this.#fail('withdrawn');
        return this.senderLeft();
      case 'confirmed':
        if (this.#state !== 'verifying') return;
        if (message.match) return this.#complete();
        return this.#fail('changed');
      case 'failed':
        if (!this.unfinished) return;
        if (message.code === 'unreadable') return this.#unreadable();
        return this.#fail(message.code);
      default: // what receivers say
    }
  }

  /** A message with a part of a piece. False if it is not one that was asked for. */
  handleData(header: Header, message: ArrayBuffer): boolean {
    if (!this.#sink || !this.#begun || header.piece < this.#kept || header.piece >= this.#upto) return false;
    this.#writtenBytes += message.byteLength;
    if (this.#writtenBytes - this.#takenBytes > UNTAKEN_BYTES_MAX) {
      this.#tell({ type: 'failed', id: this.id, code: 'bad-piece', message: 'more than was asked for' });
      this.#fail('bad-piece');
      return false;
    }
    this.#sink.write(message);
    return true;
  }

  /** The page goes, or the call ends: what is kept stays. */
  async close(): Promise<void> {
    this.#run++;
    const sink = this.#sink;
    this.#sink = null;
    await sink?.close();
  }

  async #open(): Promise<void> {
    const { store } = this.#host;
    if (!store) return this.#fail('no-store');
    this.#opening = true;
    try {
      const sink = await store.open(this.#host.room, this, this.#target, {
        kept: (pieces, takenBytes) => this.#onKept(pieces, takenBytes),
        bad: (piece, takenBytes) => this.#onBad(piece, takenBytes),
        failed: (code, message) => this.#onSinkFailed(code, message),
      });
      this.#opening = false;
      if (!this.unfinished) return await sink.close();
      this.#sink = sink;
      sink.setPaused(this.#state === 'paused'); // an earlier visit may have left it otherwise
      this.#kept = sink.pieces;
      this.#writtenBytes = this.#takenBytes = 0;
      if (this.#state === 'receiving') await this.#begin();
    } catch (error) {
      this.#opening = false;
      if (!this.unfinished) return;
      this.#tell({ type: 'failed', id: this.id, code: codeOf(error), message: String(error).slice(0, 256) });
      this.#fail(error instanceof StoreError ? error.code : 'internal');
    }
  }

  /** Asks for what is missing, from the first piece that is not kept. */
  async #begin(): Promise<void> {
    const run = ++this.#run;
    const kept = await this.#sink?.tree().catch((error: unknown) => {
      if (this.#sink) this.#onSinkFailed(codeOf(error), String(error));
    });
    if (!kept || run !== this.#run || this.#state !== 'receiving') return;
    const from = this.#kept = kept.pieces;
    if (from >= this.#total) return this.#finish();
    this.#begun = true;
    this.#upto = Math.min(from + WINDOW_PIECES, this.#total);
    this.#rate.restart(this.receivedBytes);
    this.#tell({ type: 'want', id: this.id, from, upto: this.#upto, ...(from > 0 ? { have: kept.tree } : {}) });
    this.#host.changed(this, false);
  }

  #extend(anyway = false): void {
    const upto = Math.min(this.#kept + WINDOW_PIECES, this.#total);
    if (!anyway && upto - this.#upto < EXTEND_PIECES && (upto < this.#total || upto === this.#upto)) return;
    this.#upto = Math.max(upto, this.#upto);
    this.#tell({ type: 'more', id: this.id, upto: this.#upto });
  }

  #onKept(pieces: number, takenBytes: number): void {
    this.#kept = pieces;
    this.#takenBytes = takenBytes;
    this.#rate.mark(this.receivedBytes);
    if (this.#state === 'receiving') {
      if (pieces >= this.#total) return void this.#finish();
      if (this.#begun) this.#extend();
    }
    if (this.unfinished) this.#host.changed(this, true);
  }

  #onBad(piece: number, takenBytes: number): void {
    this.#takenBytes = takenBytes;
    this.#tries = piece === this.#badPiece ? this.#tries + 1 : 1;
    this.#badPiece = piece;
    if (this.#tries >= TRIES_MAX) {
      this.#tell({ type: 'failed', id: this.id, code: 'bad-piece', message: `piece ${piece}` });
      return this.#fail('bad-piece');
    }
    if (this.#state === 'receiving') void this.#begin();
    else this.#begun = false; // resume() begins anew
  }

  #onSinkFailed(code: FileErrorCode, message: string): void {
    if (!this.unfinished) return;
    this.#tell({ type: 'failed', id: this.id, code, message: message.slice(0, 256) });
    this.#fail(code);
  }

  async #finish(): Promise<void> {
    const sink = this.#sink;
    if (!sink) return;
    this.#become('verifying');
    this.#settled = false;
    try {
      const tree = await sink.finish();
      if (this.#state !== 'verifying') return;
      this.#settled = true;
      if (this.#from === null) this.#complete();
      else this.#tell({ type: 'done', id: this.id, tree });
    } catch (error) {
      if (this.#sink) this.#onSinkFailed(codeOf(error), String(error));
    }
  }

  async #tellDone(): Promise<void> {
    this.#untold = false;
    try {
      const ignored = (): void => undefined; // nothing is written
      const sink = await this.#host.store?.open(this.#host.room, this, this.#target, { kept: ignored, bad: ignored, failed: ignored });
      if (!sink) return;
      const kept = await sink.tree();
      await sink.close();
      if (this.#state === 'done' && kept.pieces === this.#total) this.#tell({ type: 'done', id: this.id, tree: kept.tree });
    } catch {
      this.#untold = true; // another tab has it open: the next offer is a chance
    }
  }

  #complete(): void {
    this.#sink = null;
    this.#become('done');
    this.#host.finished(this);
  }

  /** The sender's person has to choose the file again: an offer will tell. */
  #unreadable(): void {
    this.senderLeft();
    this.#problem = 'unreadable';
    this.#host.changed(this, false);
  }

  #fail(problem: FileProblem): void {
    if (!this.unfinished) return;
    this.#problem = problem;
    this.#become('failed');
    if (problem === 'withdrawn') this.#from = null;
    // Where the disk is full, or a store cannot be opened, what is kept is still good.
    void (problem === 'changed' || problem === 'withdrawn' ? this.#drop() : this.close());
    this.#host.failed(this, problem);
  }

  async #drop(): Promise<void> {
    await this.close();
    this.#kept = this.#upto = 0;
    await this.#host.store?.remove(this.id);
    this.#host.changed(this, false);
  }

  #become(state: IncomingState): void {
    this.#state = state;
    if (!this.unfinished) {
      this.#begun = false;
      this.#run++;
    }
    this.#host.changed(this, false);
  }

  #tell(message: Message): void {
    if (this.#from !== null) this.#host.send(this.#from, message);
  }

  #finishedIn(): FileStore {
    if (this.#state !== 'done' || !this.#host.store) throw new StoreError('unknown', `"${this.name}" is not finished`);
    return this.#host.store;
  }
}

function codeOf(error: unknown): FileErrorCode {
  return error instanceof StoreError && error.code !== 'no-store' ? error.code : 'internal';
}
