import { HASH_BYTES, treeOf } from './wire.js';

const BLOCK_PIECES = 1_024;

/** Hashes of pieces, as far as they are known, without room for those that never will be. */
export class Hashes {
  readonly #blocks = new Map<number, { known: Uint8Array; hashes: Uint8Array<ArrayBuffer> }>();

  has(piece: number): boolean {
    return this.#blocks.get(Math.floor(piece / BLOCK_PIECES))?.known[piece % BLOCK_PIECES] === 1;
  }

  set(piece: number, hash: Uint8Array): void {
    const number = Math.floor(piece / BLOCK_PIECES);
    let block = this.#blocks.get(number);
    if (!block) {
      block = { known: new Uint8Array(BLOCK_PIECES), hashes: new Uint8Array(BLOCK_PIECES * HASH_BYTES) };
      this.#blocks.set(number, block);
    }
    block.known[piece % BLOCK_PIECES] = 1;
    block.hashes.set(hash, (piece % BLOCK_PIECES) * HASH_BYTES);
  }

  /** Of the first `pieces`, all of which are known. */
  tree(pieces: number): Promise<string> {
    const all = new Uint8Array(pieces * HASH_BYTES);
    for (let first = 0; first < pieces; first += BLOCK_PIECES) {
      const hashes = this.#blocks.get(first / BLOCK_PIECES)?.hashes;
      if (hashes) all.set(hashes.subarray(0, (Math.min(pieces, first + BLOCK_PIECES) - first) * HASH_BYTES), first * HASH_BYTES);
    }
    return treeOf(all);
  }
}
