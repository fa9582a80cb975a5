/** A file, or a place in a folder, that the person has picked: written as it comes, and there is no second copy. */

import type { Collected } from './collector.js';
import { Hashes } from './hashes.js';
import type { Backend } from './task.js';
import { PIECE_BYTES, type FileInfo } from './wire.js';

const NAMES_MAX = 1_000;

export class PickedFile implements Backend {
  readonly handle: FileSystemFileHandle;
  readonly #stream: FileSystemWritableFileStream;
  readonly #hashes = new Hashes();
  #pieces = 0;
  #open = true;

  static async open(info: FileInfo, target: FileSystemFileHandle | FileSystemDirectoryHandle): Promise<PickedFile> {
    const handle = target.kind === 'file' ? target : await place(target, info.path);
    return new PickedFile(handle, await handle.createWritable());
  }

  private constructor(handle: FileSystemFileHandle, stream: FileSystemWritableFileStream) {
    this.handle = handle;
    this.#stream = stream;
  }

  get pieces(): number {
    return this.#pieces;
  }

  async append({ bytes, hash, piece }: Collected): Promise<void> {
    await this.#stream.write({ type: 'write', position: piece * PIECE_BYTES, data: bytes });
    this.#hashes.set(piece, hash);
    this.#pieces = piece + 1;
  }

  tree(pieces: number): Promise<string> {
    return this.#hashes.tree(pieces);
  }

  /** It does not outlive the page, so nothing has to remember it. */
  setPaused(): void {}

  async finish(): Promise<void> {
    this.#open = false;
    await this.#stream.close();
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#stream.abort();
  }
}

/** A new file at `path` below `folder`; what is there already is left alone. */
async function place(folder: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let n = 1; n <= NAMES_MAX; n++) {
    const candidate = n === 1 ? name : `${stem} (${n})${extension}`;
    const taken = await folder.getFileHandle(candidate).then(() => true, (error: unknown) => !isMissing(error));
    if (!taken) return folder.getFileHandle(candidate, { create: true });
  }
  throw new Error(`there are ${NAMES_MAX} files called ${name}`);
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
