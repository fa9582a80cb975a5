/**
 * Received files in the browser's own file system, in a worker. Of each file there are two: `ID.data` is
 * the content, `ID.journal` says what is known of it:
 *
 *   4 bytes   length of the JSON, big endian
 *   JSON      Entry, up to HEAD_BYTES
 *   32 bytes  SHA-256 of each verified piece, from HEAD_BYTES on
 *
 * The content is written before its hash; hashes are written each JOURNAL_PIECES together, since a write costs
 * the same for one; and both are flushed each FLUSH_PIECES. So after a crash only the last FLUSH_PIECES can be
 * wrong, and these are read and hashed again when the file is opened. Content without a hash is received again.
 */

import type { Collected } from './collector.js';
import { StoreError, type KeptFile } from './store.js';
import type { Backend } from './task.js';
import { HASH_BYTES, PIECE_BYTES, piecesOf, treeOf, type FileInfo } from './wire.js';

const FOLDER = 'parley-files';
const HEAD_BYTES = 16 << 10;
const JOURNAL_PIECES = 8;
/** A multiple of JOURNAL_PIECES. */
const FLUSH_PIECES = 64;
/** A file that nobody came back to is deleted. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** The page before a reload may hold the file a moment longer. */
const LOCKED_MS_MAX = 3_000;
const LOCKED_POLL_MS = 50;

/** FileSystemSyncAccessHandle, which only workers have. */
interface SyncHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(from: Uint8Array, options: { at: number }): number;
  truncate(bytes: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };
type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

interface Entry { readonly room: string; readonly info: FileInfo; readonly atMs: number; done: boolean; paused: boolean }

export class StoredFile implements Backend {
  readonly #data: SyncHandle;
  readonly #journal: SyncHandle;
  readonly #entry: Entry;
  #pieces = 0;
  /** Hashes of the last pieces, which are not in the journal yet. */
  readonly #recent = new Uint8Array(JOURNAL_PIECES * HASH_BYTES);
  #recentPieces = 0;

  static async open(room: string, info: FileInfo): Promise<StoredFile> {
    const folder = await openFolder();
    const journal = await lock(folder, `${info.id}.journal`);
    let data: SyncHandle | null = null;
    try {
      data = await lock(folder, `${info.id}.data`);
      let entry = readEntry(journal);
      if (entry?.info.bytes !== info.bytes) {
        entry = { room, info, atMs: Date.now(), done: false, paused: false };
        journal.truncate(0);
        data.truncate(0);
      }
      const file = new StoredFile(data, journal, { ...entry, atMs: Date.now() });
      await file.#verify();
      file.#writeEntry();
      return file;
    } catch (error) {
      data?.close();
      journal.close();
      throw error;
    }
  }

  private constructor(data: SyncHandle, journal: SyncHandle, entry: Entry) {
    this.#data = data;
    this.#journal = journal;
    this.#entry = entry;
  }

  get pieces(): number {
    return this.#pieces;
  }

  append({ bytes, hash, piece }: Collected): void {
    writeAll(this.#data, bytes, piece * PIECE_BYTES);
    this.#recent.set(hash, this.#recentPieces++ * HASH_BYTES);
    this.#pieces = piece + 1;
    if (this.#recentPieces === JOURNAL_PIECES) this.#writeRecent();
    if (this.#pieces % FLUSH_PIECES === 0) this.#flush();
  }

  tree(pieces: number): Promise<string> {
    this.#writeRecent();
    return treeOf(this.#hashes(0, pieces));
  }

  setPaused(paused: boolean): void {
    this.#entry.paused = paused;
    this.#writeRecent();
    this.#writeEntry();
  }

  finish(): Promise<void> {
    this.#entry.done = true;
    this.#flush();
    this.#writeEntry();
    this.close();
    return Promise.resolve();
  }

  close(): void {
    this.#writeRecent();
    this.#data.close();
    this.#journal.close();
  }

  /** Counts the pieces that are there, and looks again at those that may not have reached the disk. */
  async #verify(): Promise<void> {
    const { bytes } = this.#entry.info;
    const written = Math.max(0, Math.floor((this.#journal.getSize() - HEAD_BYTES) / HASH_BYTES));
    const whole = this.#data.getSize() >= bytes ? piecesOf(bytes) : Math.floor(this.#data.getSize() / PIECE_BYTES);
    const pieces = Math.min(written, whole, piecesOf(bytes));
    this.#pieces = Math.max(0, pieces - FLUSH_PIECES);
    const buffer = new Uint8Array(PIECE_BYTES);
    while (this.#pieces < pieces) {
      const at = this.#pieces * PIECE_BYTES;
      const part = buffer.subarray(0, Math.min(PIECE_BYTES, bytes - at));
      this.#data.read(part, { at });
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', part));
      const known = this.#hashes(this.#pieces, this.#pieces + 1);
      if (hash.some((byte, i) => byte !== known[i])) break;
      this.#pieces++;
    }
    this.#journal.truncate(HEAD_BYTES + this.#pieces * HASH_BYTES);
  }

  #hashes(from: number, upto: number): Uint8Array<ArrayBuffer> {
    const hashes = new Uint8Array((upto - from) * HASH_BYTES);
    this.#journal.read(hashes, { at: HEAD_BYTES + from * HASH_BYTES });
    return hashes;
  }

  #writeEntry(): void {
    const text = new TextEncoder().encode(JSON.stringify(this.#entry));
    const head = new Uint8Array(HEAD_BYTES);
    new DataView(head.buffer).setUint32(0, text.length);
    head.set(text, 4);
    writeAll(this.#journal, head, 0);
    this.#journal.flush();
  }

  #writeRecent(): void {
    const from = this.#pieces - this.#recentPieces;
    writeAll(this.#journal, this.#recent.subarray(0, this.#recentPieces * HASH_BYTES), HEAD_BYTES + from * HASH_BYTES);
    this.#recentPieces = 0;
  }

  #flush(): void {
    this.#writeRecent();
    this.#data.flush();
    this.#journal.flush();
  }
}

/** What is kept of this room. What is old is deleted. */
export async function listStored(room: string): Promise<KeptFile[]> {
  const folder = await openFolder();
  const ids: string[] = [];
  for await (const name of folder.keys()) if (name.endsWith('.journal')) ids.push(name.slice(0, -'.journal'.length));
  const files = await Promise.all(ids.map((id) => look(folder, id, room)));
  return files.filter((file) => file !== null);
}

async function look(folder: Folder, id: string, room: string): Promise<KeptFile | null> {
  const journal = await lock(folder, `${id}.journal`).catch(() => null);
  if (!journal) return null; // another tab of this browser receives it
  const entry = readEntry(journal);
  const pieces = Math.max(0, Math.floor((journal.getSize() - HEAD_BYTES) / HASH_BYTES));
  journal.close();
  if (!entry || entry.atMs < Date.now() - KEPT_MS) await removeStored(id);
  else if (entry.room === room) return { info: entry.info, pieces, done: entry.done, paused: entry.paused };
  return null;
}

export async function removeStored(id: string): Promise<void> {
  const folder = await openFolder();
  for (const name of [`${id}.journal`, `${id}.data`]) {
    await folder.removeEntry(name).catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error;
    });
  }
}

export async function storedFile(id: string): Promise<File> {
  const folder = await openFolder();
  return (await folder.getFileHandle(`${id}.data`)).getFile();
}

async function openFolder(): Promise<Folder> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true }) as Folder;
  } catch (error) {
    throw new StoreError('no-store', String(error)); // some private windows
  }
}

async function lock(folder: Folder, name: string): Promise<SyncHandle> {
  const file = await folder.getFileHandle(name, { create: true }) as SyncFile;
  const endMs = Date.now() + LOCKED_MS_MAX;
  for (;;) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NoModificationAllowedError') throw error;
      if (Date.now() > endMs) throw new StoreError('internal', 'this file is received in another tab');
    }
    await new Promise((resolve) => { setTimeout(resolve, LOCKED_POLL_MS); });
  }
}

function writeAll(handle: SyncHandle, bytes: Uint8Array, at: number): void {
  if (handle.write(bytes, { at }) !== bytes.length) throw new StoreError('no-space', 'the disk took less than it was given');
}

/** What the journal says; null if it was not written to its end. */
function readEntry(journal: SyncHandle): Entry | null {
  const head = new Uint8Array(HEAD_BYTES);
  if (journal.read(head, { at: 0 }) < HEAD_BYTES) return null;
  const length = new DataView(head.buffer).getUint32(0);
  try {
    return JSON.parse(new TextDecoder().decode(head.subarray(4, 4 + length))) as Entry;
  } catch {
    return null;
  }
}
