/**
 * The worker that writes received files, so that neither hashing nor the disk ever holds up the page.
 * worker-store.ts talks to it: each Request is answered by one Answer, `write` only by events.
 */

import { Collector, type Collected } from './collector.js';
import { StoredFile, listStored, removeStored, storedFile, type Backend } from './opfs.js';
import { PickedFile } from './picked.js';
import { Sha256 } from './sha256.js';
import { StoreError } from './store.js';
import type { FileTarget } from './types.js';
import { hex, parseHeader, type FileErrorCode, type FileInfo } from './wire.js';

export type Request =
  | { op: 'list'; room: string }
  | { op: 'open'; sink: number; room: string; info: FileInfo; target: FileTarget }
  | { op: 'tree' | 'finish' | 'close'; sink: number }
  | { op: 'remove' | 'file'; id: string }
  | { op: 'sha256'; file: File };
export type Command =
  | (Request & { call: number })
  | { op: 'write'; sink: number; message: ArrayBuffer }
  | { op: 'paused'; sink: number; paused: boolean };
export type Answer =
  | { call: number; value: unknown }
  | { call: number; error: string; code: FileErrorCode | 'no-store' }
  | { call: number; hashedBytes: number }
  | { sink: number; event: 'kept' | 'bad'; piece: number; takenBytes: number }
  | { sink: number; event: 'failed'; code: FileErrorCode; message: string };

const READ_BYTES = 4 << 20;

interface Scope {
  onmessage: ((event: MessageEvent<Command>) => void) | null;
  postMessage(answer: Answer): void;
}
const scope = self as unknown as Scope;
const tasks = new Map<number, Task>();

/** One file that is received: pieces are hashed as they come and written in order. */
class Task {
  readonly #sink: number;
  readonly #backend: Backend;
  readonly #collector: Collector;
  /** What was begun with the pieces before. */
  #before: Promise<void> = Promise.resolve();
  #takenBytes = 0;
  #over = false;

  constructor(sink: number, info: FileInfo, backend: Backend) {
    this.#sink = sink;
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
  async tree(): Promise<string> {
    await this.#before;
    return this.#backend.tree();
  }

  async finish(): Promise<string> {
    const tree = await this.tree();
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
      scope.postMessage({ sink: this.#sink, event: 'failed', code: codeOf(error), message: String(error) });
    });
  }

  async #keep(collected: Collected, hash: Uint8Array): Promise<void> {
    if (collected.piece !== this.#backend.pieces) return; // one before it was bad
    if (hash.some((byte, i) => byte !== collected.hash[i])) return this.#reject();
    await this.#backend.append(collected);
    this.#collector.release(collected);
    scope.postMessage({ sink: this.#sink, event: 'kept', piece: this.#backend.pieces, takenBytes: this.#takenBytes });
  }

  #reject(): void {
    const piece = this.#backend.pieces;
    this.#collector.restart(piece);
    scope.postMessage({ sink: this.#sink, event: 'bad', piece, takenBytes: this.#takenBytes });
  }
}

function codeOf(error: unknown): FileErrorCode {
  if (error instanceof StoreError) return error.code === 'no-store' ? 'internal' : error.code;
  return error instanceof DOMException && error.name === 'QuotaExceededError' ? 'no-space' : 'internal';
}

async function answer(request: Request, call: number): Promise<unknown> {
  switch (request.op) {
    case 'list': return listStored(request.room);
    case 'open': return open(request);
    case 'remove': return removeStored(request.id);
    case 'file': return storedFile(request.id);
    case 'sha256': return sha256(request.file, call);
    case 'tree': return tasks.get(request.sink)?.tree();
    case 'finish': {
      const tree = await tasks.get(request.sink)?.finish();
      tasks.delete(request.sink);
      return tree;
    }
    case 'close': {
      const task = tasks.get(request.sink);
      tasks.delete(request.sink);
      return task?.close();
    }
  }
}

/** Resolves with the pieces that are there, and the file that was made for a picked folder. */
async function open({ sink, room, info, target }: Extract<Request, { op: 'open' }>): Promise<{ pieces: number; handle: FileSystemFileHandle | null }> {
  const backend = target === 'store' ? await StoredFile.open(room, info) : await PickedFile.open(info, target);
  tasks.set(sink, new Task(sink, info, backend));
  return { pieces: backend.pieces, handle: backend instanceof PickedFile ? backend.handle : null };
}

async function sha256(file: File, call: number): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += READ_BYTES) {
    hash.update(new Uint8Array(await file.slice(at, at + READ_BYTES).arrayBuffer()));
    scope.postMessage({ call, hashedBytes: Math.min(at + READ_BYTES, file.size) });
  }
  return hex(hash.digest());
}

scope.onmessage = ({ data }) => {
  if (data.op === 'write') return tasks.get(data.sink)?.write(data.message);
  if (data.op === 'paused') return tasks.get(data.sink)?.setPaused(data.paused);
  const { call } = data;
  answer(data, call).then(
    (value) => scope.postMessage({ call, value }),
    (error: unknown) => scope.postMessage({ call, error: String(error), code: error instanceof StoreError ? error.code : codeOf(error) }),
  );
};
