/** The page's end of the worker that writes files. */

import { StoreError, type FileStore, type KeptFile, type Sink, type SinkEvents } from './store.js';
import type { FileTarget } from './types.js';
import type { Answer, Command, Request } from './worker.js';
import { bytesOfPieces, type FileInfo } from './wire.js';

/** A file is not begun if less than this would be left. */
const SPARE_BYTES = 64 << 20;

interface Pending {
  resolve(value: never): void;
  reject(error: Error): void;
  progress(bytes: number): void;
}

export class WorkerStore implements FileStore {
  readonly #url: string | URL;
  #worker: Worker | null = null;
  readonly #pending = new Map<number, Pending>();
  readonly #sinks = new Map<number, SinkEvents>();
  /** Transfer id -> the file that a picked target has become. */
  readonly #picked = new Map<string, FileSystemFileHandle>();
  #calls = 0;

  /** Null where the browser has no files for us. */
  static create(url: string | URL = new URL('files-worker.js', import.meta.url)): WorkerStore | null {
    const able = typeof Worker !== 'undefined' && globalThis.isSecureContext && typeof navigator.storage?.getDirectory === 'function';
    return able ? new WorkerStore(url) : null;
  }

  private constructor(url: string | URL) {
    this.#url = url;
  }

  list(room: string): Promise<KeptFile[]> {
    return this.#ask({ op: 'list', room });
  }

  async open(room: string, file: FileInfo, target: FileTarget, events: SinkEvents): Promise<Sink> {
    const info = plain(file);
    const sink = ++this.#calls;
    this.#sinks.set(sink, events);
    try {
      const opened = await this.#ask<{ pieces: number; handle: FileSystemFileHandle | null }>({ op: 'open', sink, room, info, target });
      if (opened.handle) this.#picked.set(info.id, opened.handle);
      else if (!await hasRoom(info.bytes - bytesOfPieces(opened.pieces, info.bytes))) {
        await this.#ask({ op: 'close', sink });
        if (opened.pieces === 0) await this.remove(info.id);
        throw new StoreError('no-space', `there is no room for ${info.bytes} bytes`);
      }
      return this.#sink(sink, opened.pieces);
    } catch (error) {
      this.#sinks.delete(sink);
      throw error;
    }
  }

  async remove(id: string): Promise<void> {
    // What was picked is the person's own.
    if (!this.#picked.delete(id)) await this.#ask({ op: 'remove', id });
  }

  async file({ id, name, mime, modifiedMs }: FileInfo): Promise<File> {
    const file = await (this.#picked.get(id)?.getFile() ?? this.#ask<File>({ op: 'file', id }));
    return new File([file], name, { type: mime, lastModified: modifiedMs });
  }

  async sha256(info: FileInfo, _target: FileTarget, onProgress: (bytes: number) => void): Promise<string> {
    return this.#ask({ op: 'sha256', file: await this.file(info) }, onProgress);
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#fail(new StoreError('internal', 'the store is closed'));
  }

  #sink(sink: number, pieces: number): Sink {
    const end = (): void => void this.#sinks.delete(sink);
    return {
      pieces,
      tree: () => this.#ask({ op: 'tree', sink }),
      write: (message) => this.#post({ op: 'write', sink, message }, [message]),
      setPaused: (paused) => this.#post({ op: 'paused', sink, paused }),
      finish: () => this.#ask<string>({ op: 'finish', sink }).finally(end),
      close: () => this.#ask<undefined>({ op: 'close', sink }).finally(end),
    };
  }

  #ask<T>(request: Request, progress: (bytes: number) => void = () => undefined): Promise<T> {
    const call = ++this.#calls;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(call, { resolve, reject, progress });
      this.#post({ ...request, call });
    });
  }

  #post(command: Command, transfer: Transferable[] = []): void {
    this.#start().postMessage(command, transfer);
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = this.#worker = new Worker(this.#url, { name: 'parley-files' });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#onAnswer(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new StoreError('internal', `the worker for files failed: ${event.message}`));
      for (const events of this.#sinks.values()) events.failed('internal', 'the worker for files failed');
      this.#sinks.clear();
    };
    return worker;
  }

  #onAnswer(answer: Answer): void {
    if ('sink' in answer) {
      const events = this.#sinks.get(answer.sink);
      if (answer.event === 'failed') events?.failed(answer.code, answer.message);
      else events?.[answer.event](answer.piece, answer.takenBytes);
      return;
    }
    const pending = this.#pending.get(answer.call);
    if ('hashedBytes' in answer) return pending?.progress(answer.hashedBytes);
    this.#pending.delete(answer.call);
    if ('error' in answer) pending?.reject(new StoreError(answer.code, answer.error));
    else pending?.resolve(answer.value as never);
  }

  #fail(error: StoreError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

async function hasRoom(bytes: number): Promise<boolean> {
  const enough = async (): Promise<boolean> => {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined || quota - usage >= bytes + SPARE_BYTES;
  };
  // Firefox gives more to whom the person lets keep it.
  return await enough() || (await navigator.storage.persist() && await enough());
}

function plain({ id, name, path, bytes, mime, modifiedMs, group }: FileInfo): FileInfo {
  return { id, name, path, bytes, mime, modifiedMs, group };
}
