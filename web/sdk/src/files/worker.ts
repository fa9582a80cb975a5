/**
 * The worker that writes received files, so that neither hashing nor the disk ever holds up the page.
 * worker-store.ts talks to it: each Request is answered by one Answer, `write` only by events.
 */

import { StoredFile, listStored, removeStored, storedFile } from './opfs.js';
import { PickedFile } from './picked.js';
import { Sha256 } from './sha256.js';
import { StoreError } from './store.js';
import { Task, codeOf } from './task.js';
import type { FileTarget } from './types.js';
import { hex, type FileErrorCode, type FileInfo } from './wire.js';

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
  tasks.set(sink, new Task(info, backend, {
    kept: (piece, takenBytes) => scope.postMessage({ sink, event: 'kept', piece, takenBytes }),
    bad: (piece, takenBytes) => scope.postMessage({ sink, event: 'bad', piece, takenBytes }),
    failed: (code, message) => scope.postMessage({ sink, event: 'failed', code, message }),
  }));
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
