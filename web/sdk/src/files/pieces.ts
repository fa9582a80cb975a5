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
    const size = Math.min(PIECE_BYTES, this.file.size - begin);
    const bytes = new Uint8Array(await this.file.slice(begin, begin + size).arrayBuffer());
    if (bytes.length !== size) throw new Error(`read ${bytes.length} of ${size} bytes of piece ${piece}`);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    this.#hashes.set(piece, hash);
    return { bytes, hash };
  }

  /** The tree hash of the first `pieces`, which may mean that they are read now; null as soon as `wanted` says no. */
  async tree(pieces: number, wanted: () => boolean): Promise<string | null> {
    for (let piece = 0; piece < pieces; piece++) {
      if (this.#hashes.has(piece)) continue;
      if (!wanted()) return null;
      await this.read(piece);
    }
    return this.#hashes.tree(pieces);
  }
}
