/** Where received files are kept. The real one is worker-store.ts; tests have one of their own. */

import type { FileErrorCode, FileInfo } from './wire.js';
import type { FileTarget } from './types.js';

/** A file of the store, from this visit or an earlier one. */
export interface KeptFile {
  readonly info: FileInfo;
  /** Pieces that are verified and on disk. */
  readonly pieces: number;
  readonly done: boolean;
  readonly paused: boolean;
}

/** What a Sink tells. */
export interface SinkEvents {
  /** The first `pieces` are verified and kept. `takenBytes` of what was written have been dealt with. */
  kept(pieces: number, takenBytes: number): void;
  /** A piece did not match its hash: it is dropped, and the sink waits for it. */
  bad(piece: number, takenBytes: number): void;
  /** It cannot go on. */
  failed(code: FileErrorCode, message: string): void;
}

export interface Kept { readonly pieces: number; readonly tree: string }

/** One file that is being received. */
export interface Sink {
  /** Pieces that were there when it was opened. */
  readonly pieces: number;
  /** How many pieces are kept once all that was written has been dealt with, and their tree hash. */
  tree(): Promise<Kept>;
  /** Takes one message as it came from the peer, and owns its buffer from now on. */
  write(message: ArrayBuffer): void;
  /** Nothing comes while it is paused, so that what is buffered can be written. */
  setPaused(paused: boolean): void;
  /** All pieces are kept: puts them where they belong for good. Resolves with the tree hash. */
  finish(): Promise<string>;
  /** Lets go of it; what is kept stays. */
  close(): Promise<void>;
}

/** Where received files are kept, for those who do not want the browser's own place. */
export interface FileStore {
  /** Files of this room that nobody else has open. */
  list(room: string): Promise<KeptFile[]>;
  /** Opens a file to go on with it, or makes it. Rejects with StoreError. */
  open(room: string, info: FileInfo, target: FileTarget, events: SinkEvents): Promise<Sink>;
  /** Deletes a file and all that is known of it. */
  remove(id: string): Promise<void>;
  /** A finished file. */
  file(info: FileInfo, target: FileTarget): Promise<File>;
  /** Of a finished file, as sha256sum tells it. */
  sha256(info: FileInfo, target: FileTarget, onProgress: (bytes: number) => void): Promise<string>;
  /** Nothing is asked of it afterwards. */
  close(): void;
}

/** A file could not be kept: `code` says why. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** Why, for a program. */
  readonly code: FileErrorCode | 'no-store';
  constructor(code: FileErrorCode | 'no-store', message: string) {
    super(message);
    this.code = code;
  }
}
