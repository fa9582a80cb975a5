/** The file that is sent, as pieces with their hashes. */

import { Hashes } from './hashes.js';
import { PIECE_BYTES, piecesOf } from './wire.js';

export interface Piece { readonly bytes: Uint8Array<ArrayBuffer>; readonly hash: Uint8Array<ArrayBuffer> }

export class FilePieces {
  readonly file: File;
  readonly total: number;
  readonly #hashes = new Hashes();

  constructor(file: File) {
    this.file = file;
    this.total = piecesOf(file.size);
  }

  /** Rejects when the file cannot be read any more. */
  async read(piece: number): Promise<Piece> {
    const begin = piece * PIECE_BYTES;
    const size = this.#size(piece);
    const bytes = new Uint8Array(await this.file.slice(begin, begin + size).arrayBuffer());
    if (bytes.length !== size) throw new Error(`read ${bytes.length} of ${size} bytes of piece ${piece}`);
    const hash = await sha256(bytes);
    this.#hashes.set(piece, hash);
    return { bytes, hash };
  }

  /** The tree hash of the first `pieces`, which may mean that they are read now; null as soon as `wanted` says no. */
  async tree(pieces: number, wanted: () => boolean): Promise<string | null> {
    let reader: InTurn | null = null;
    try {
      for (let piece = 0; piece < pieces; piece++) {
        if (this.#hashes.has(piece)) {
          reader?.end();
          reader = null;
          continue;
        }
        if (!wanted()) return null;
        reader ??= InTurn.from(this.file, piece * PIECE_BYTES);
        if (reader) this.#hashes.set(piece, await sha256(await reader.read(this.#size(piece))));
        else await this.read(piece);
      }
    } finally {
      reader?.end();
    }
    return this.#hashes.tree(pieces);
  }

  #size(piece: number): number {
    return Math.min(PIECE_BYTES, this.file.size - piece * PIECE_BYTES);
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/**
 * Reads a file from some place on, piece by piece, all into one buffer. A whole file read in buffers of
 * their own is garbage faster than browsers collect it.
 */
class InTurn {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(PIECE_BYTES);

  private constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
  }

  /** Null where the browser's streams of files do not read into a buffer. */
  static from(file: File, begin: number): InTurn | null {
    try {
      return new InTurn(file.slice(begin).stream().getReader({ mode: 'byob' }));
    } catch {
      return null;
    }
  }

  /** Valid until the next read. */
  async read(size: number): Promise<Uint8Array<ArrayBuffer>> {
    for (let filled = 0; filled < size;) {
      const { value } = await this.#reader.read(new Uint8Array(this.#buffer, filled, size - filled));
      if (!value || value.length === 0) throw new Error(`the file ended ${size - filled} bytes early`);
      this.#buffer = value.buffer;
      filled += value.length;
    }
    return new Uint8Array(this.#buffer, 0, size);
  }

  end(): void {
    void this.#reader.cancel().catch(() => undefined);
  }
}
