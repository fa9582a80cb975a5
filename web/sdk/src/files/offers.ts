/** What we offer, kept over a reload: not the files, but what they are called and, where the browser can, handles to them. */

import type { FileInfo } from './wire.js';

/** An offer that outlives a reload of the page. */
export interface StandingOffer {
  readonly info: FileInfo;
  /** Peer ids; null is everybody. */
  readonly audience: readonly string[] | null;
  readonly handle: FileSystemFileHandle | null;
}

/** Where standing offers are kept, for those who do not want IndexedDB. */
export interface OfferBook {
  /** Those of a room. */
  load(room: string): Promise<StandingOffer[]>;
  /** Keeps one, in place of an older one with the same id. */
  put(room: string, offer: StandingOffer): Promise<void>;
  /** Forgets one. */
  remove(id: string): Promise<void>;
}

const DATABASE = 'parley-files';
const STORE = 'offers';
/** An offer that nobody came back to is forgotten. */
const KEPT_MS = 7 * 24 * 3_600_000;

interface Row extends StandingOffer { readonly id: string; readonly room: string; readonly atMs: number }

export class IndexedOffers implements OfferBook {
  #database: Promise<IDBDatabase> | null = null;

  async load(room: string): Promise<StandingOffer[]> {
    const rows = await this.#do<Row[]>('readonly', (offers) => offers.getAll() as IDBRequest<Row[]>);
    const old = Date.now() - KEPT_MS;
    for (const row of rows) if (row.atMs < old) await this.remove(row.id);
    return rows.filter((row) => row.room === room && row.atMs >= old);
  }

  async put(room: string, offer: StandingOffer): Promise<void> {
    const { info: { id, name, path, bytes, mime, modifiedMs, group }, audience, handle } = offer;
    const row: Row = { id, room, atMs: Date.now(), info: { id, name, path, bytes, mime, modifiedMs, group }, audience, handle };
    await this.#do('readwrite', (offers) => offers.put(row));
  }

  async remove(id: string): Promise<void> {
    await this.#do('readwrite', (offers) => offers.delete(id));
  }

  async #do<T>(mode: IDBTransactionMode, request: (offers: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await (this.#database ??= open());
    return settled(request(database.transaction(STORE, mode).objectStore(STORE)));
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
  });
}
