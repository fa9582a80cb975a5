/** FileShare: the files of one call, in both directions. */

import type { Call } from '../call.js';
import type { Channel } from '../channels.js';
import { Emitter } from '../emitter.js';
import { randomID } from '../rooms.js';
import { downloadFile } from './download.js';
import { IncomingFile, type IncomingHost } from './incoming.js';
import { IndexedOffers, type OfferBook } from './offers.js';
import { OutgoingFile, type OutgoingHost } from './outgoing.js';
import type { FilePieces } from './pieces.js';
import type { Sending } from './sending.js';
import type { FileStore, KeptFile } from './store.js';
import type { FileShareEvents, Incoming, Offerable, Outgoing } from './types.js';
import { Uplink } from './uplink.js';
import { WorkerStore } from './worker-store.js';
import {
  CONTROL_LABEL, DATA_LABEL, OFFERS_MAX, cleanName, cleanPath, infoOf, parseHeader, parseMessage,
  type FileGroup, type FileInfo, type Message,
} from './wire.js';

const PROGRESS_MS = 200;
/** What waits for a peer's channel: enough to keep the path busy while the next piece is read. */
const BUFFERED_BYTES_MAX = 4 << 20;
const BUFFERED_LOW_BYTES = 2 << 20;

/** What of a Call a FileShare uses. */
export type FileCall = Pick<Call, 'room' | 'peers' | 'on' | 'channel'>;

/** How a FileShare is made. All of it is optional. */
export interface FileShareOptions {
  /** Address of the script that files are written by: files-worker.js beside the SDK, unless it is elsewhere. */
  worker?: string | URL;
  /** Instead of the browser's own; null: nothing is received. */
  store?: FileStore | null;
  /** Instead of IndexedDB; null: offers end with the page. */
  offers?: OfferBook | null;
}

/** Files of one call in both directions: offered, verified piece by piece, and gone on with after a reload or a lost connection. */
export class FileShare extends Emitter<FileShareEvents> {
  /** What is kept from earlier visits is listed, and the others have been asked for their offers. */
  readonly ready: Promise<void>;
  /** Messages of peers that were not to the protocol, or not believed. */
  dropped = 0;
  readonly #call: FileCall;
  readonly #store: FileStore | null;
  readonly #offers: OfferBook | null;
  readonly #incoming = new Map<string, IncomingFile>();
  readonly #outgoing = new Map<string, OutgoingFile>();
  readonly #uplinks = new Map<string, Uplink>();
  /** Who waits for room in a peer's channel. */
  readonly #waits = new Map<string, (room: boolean) => void>();
  readonly #progress = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #cleanups: (() => void)[] = [];
  #control: Channel | null = null;
  #data: Channel | null = null;
  #closed = false;

  constructor(call: FileCall, options: FileShareOptions = {}) {
    super();
    this.#call = call;
    this.#store = options.store === undefined ? WorkerStore.create(options.worker) : options.store;
    this.#offers = options.offers === undefined ? browserOffers() : options.offers;
    this.ready = this.#begin();
  }

  /** What others offer and what is kept of it, by id. */
  get incoming(): ReadonlyMap<string, Incoming> {
    return this.#incoming;
  }

  /** What is offered here, by id. */
  get outgoing(): ReadonlyMap<string, Outgoing> {
    return this.#outgoing;
  }

  /** This browser can receive files here: not in a page without TLS, nor in some private windows. */
  get canReceive(): boolean {
    return this.#store !== null;
  }

  /**
   * Offers files to one peer, or to all who are here now or come later. Files with a path that has
   * folders in it are one group for each top folder.
   */
  offer(files: Iterable<Offerable>, to?: string): Outgoing[] {
    const all = [...files].map((item) => (item instanceof File ? { file: item } : item));
    if (this.#outgoing.size + all.length > OFFERS_MAX) throw new RangeError(`more than ${OFFERS_MAX} files`);
    const items = all.map((item) => ({ ...item, path: pathOf(item) }));
    const groups = groupsOf(items.map(({ path }) => path));
    return items.map(({ file, path, handle }) => {
      const info: FileInfo = {
        id: randomID(16), name: cleanName(file.name), path, bytes: file.size, modifiedMs: file.lastModified,
        mime: /^[\x20-\x7e]{0,127}$/.test(file.type) ? file.type : '', group: groups.get(path.split('/')[0] ?? '') ?? null,
      };
      const outgoing = this.#addOutgoing(info, to === undefined ? null : [to], handle ?? null, file);
      this.#keepOffer(outgoing);
      this.#announce(outgoing);
      this.emit('change', { id: outgoing.id });
      return outgoing;
    });
  }

  /** Takes an offer back; whoever receives it now, does not get the rest. */
  withdraw(id: string): void {
    const outgoing = this.#outgoing.get(id);
    if (!outgoing) return;
    for (const peer of outgoing.audience ?? this.#call.peers.keys()) this.#send(peer, { type: 'withdraw', id });
    this.#outgoing.delete(id);
    outgoing.end();
    this.#forgetOffer(id);
    this.emit('change', { id });
  }

  /** Lets go of everything; what is kept of unfinished files stays for the next visit. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    for (const timer of this.#progress.values()) clearTimeout(timer);
    for (const wake of this.#waits.values()) wake(false);
    this.#control?.close();
    this.#data?.close();
    await Promise.allSettled([...this.#incoming.values()].map((incoming) => incoming.close()));
    this.#store?.close();
    this.forgetListeners();
  }

  async #begin(): Promise<void> {
    const { room } = this.#call;
    const [kept, standing] = await Promise.all([
      this.#store?.list(room).catch(() => []) ?? [],
      this.#offers?.load(room).catch(() => []) ?? [],
    ]);
    if (this.#closed) return;
    for (const file of kept) this.#addIncoming(file.info, null, file);
    for (const { info, audience, handle } of standing) this.#addOutgoing(info, audience, handle, null);
    this.#listen();
    for (const id of [...this.#incoming.keys(), ...this.#outgoing.keys()]) this.emit('change', { id });
  }

  #listen(): void {
    const control = this.#control = this.#call.channel(CONTROL_LABEL);
    const data = this.#data = this.#call.channel(DATA_LABEL);
    data.bufferedAmountLowThreshold = BUFFERED_LOW_BYTES;
    this.#cleanups.push(
      control.on('message', ({ from, data: text }) => this.#onMessage(from, text)),
      data.on('message', ({ from, data: message }) => this.#onData(from, message)),
      data.on('low', ({ peer }) => this.#wake(peer, true)),
      this.#call.on('peer-joined', ({ peer }) => this.#askFor(peer.id)),
      this.#call.on('peer-left', ({ peer }) => this.#onPeerLeft(peer.id)),
      this.#call.on('state', ({ state }) => {
        if (state === 'left') void this.close();
      }),
    );
    for (const peer of this.#call.peers.keys()) this.#askFor(peer);
  }

  #askFor(peer: string): void {
    const known = [...this.#incoming.values()].filter(({ unfinished, from }) => unfinished && !this.#isPresent(from)).map(({ id }) => id);
    this.#send(peer, { type: 'list', known: known.slice(0, OFFERS_MAX) });
  }

  /** Of whoever loads the page again the old one is away at once, and is taken for lost much later. */
  #isPresent(peer: string | null): boolean {
    return peer !== null && this.#call.peers.get(peer)?.signaling === 'present';
  }

  #onPeerLeft(peer: string): void {
    const left = [...this.#incoming.values()].filter(({ from }) => from === peer);
    for (const incoming of left) incoming.senderLeft();
    for (const outgoing of this.#outgoing.values()) outgoing.peerLeft(peer);
    this.#uplinks.delete(peer);
    this.#wake(peer, false);
    // It may have come back before it was missed, and its offer was not believed then.
    if (left.some(({ unfinished }) => unfinished)) for (const other of this.#call.peers.keys()) this.#askFor(other);
  }

  #onMessage(from: string, text: unknown): void {
    const message = parseMessage(text);
    if (!message) {
      this.dropped++;
      return;
    }
    switch (message.type) {
      case 'list': {
        const known = new Set(message.known);
        for (const outgoing of this.#outgoing.values()) outgoing.offerTo(from, known.has(outgoing.id));
        return;
      }
      case 'offer': return this.#onOffer(from, infoOf(message));
      case 'want': case 'more': case 'pause': case 'refuse': case 'done':
        return this.#onAsked(from, message);
      default: {
        const incoming = this.#incoming.get(message.id);
        if (incoming?.from === from) return incoming.handle(message);
        return this.#onAsked(from, message);
      }
    }
  }

  /** Something that a receiver says. */
  #onAsked(from: string, message: Exclude<Message, { type: 'list' }>): void {
    const outgoing = this.#outgoing.get(message.id);
    if (outgoing) return outgoing.receive(from, message);
    this.dropped++;
    if (message.type === 'want') {
      this.#send(from, { type: 'failed', id: message.id, code: 'unknown', message: 'there is no such offer' });
    }
  }

  #onOffer(from: string, info: FileInfo): void {
    const known = this.#incoming.get(info.id);
    if (known) {
      if (!known.offered(from, info, this.#isPresent(known.from))) this.dropped++;
      return;
    }
    const ofPeer = [...this.#incoming.values()].filter((incoming) => incoming.from === from).length;
    if (ofPeer >= OFFERS_MAX || this.#outgoing.has(info.id)) {
      this.dropped++;
      return;
    }
    const incoming = this.#addIncoming(info, from);
    this.emit('offer', { incoming });
    this.emit('change', { id: info.id });
  }

  #onData(from: string, message: unknown): void {
    const header = parseHeader(message);
    const incoming = header ? this.#incoming.get(header.id) : undefined;
    const believed = header && incoming?.from === from && incoming.handleData(header, message as ArrayBuffer);
    if (!believed) this.dropped++;
  }

  #addIncoming(info: FileInfo, from: string | null, kept?: KeptFile): IncomingFile {
    const incoming = new IncomingFile(info, from, this.#incomingHost(), kept);
    this.#incoming.set(info.id, incoming);
    return incoming;
  }

  #incomingHost(): IncomingHost {
    return {
      room: this.#call.room,
      store: this.#store,
      send: (peer, message) => this.#send(peer, message),
      changed: ({ id }, progress) => this.#changed(id, progress),
      finished: (incoming) => this.emit('done', { incoming }),
      failed: ({ id }, code) => this.emit('failed', { id, code }),
      gone: ({ id }) => {
        if (this.#incoming.delete(id)) this.emit('change', { id });
      },
      download: downloadFile,
    };
  }

  #addOutgoing(info: FileInfo, audience: readonly string[] | null, handle: FileSystemFileHandle | null, file: File | null): OutgoingFile {
    const outgoing = new OutgoingFile(info, { audience, handle }, file, this.#outgoingHost());
    this.#outgoing.set(info.id, outgoing);
    return outgoing;
  }

  #outgoingHost(): OutgoingHost {
    return {
      send: (peer, message) => this.#send(peer, message),
      changed: ({ id }, progress) => this.#changed(id, progress),
      ready: (peer) => this.#uplink(peer).wake(),
      provided: (outgoing) => this.#announce(outgoing),
      audience: (outgoing) => this.#keepOffer(outgoing),
    };
  }

  #announce(outgoing: OutgoingFile): void {
    for (const peer of this.#call.peers.keys()) outgoing.offerTo(peer);
  }

  #uplink(peer: string): Uplink {
    const known = this.#uplinks.get(peer);
    if (known) return known;
    const uplink = new Uplink({
      sendings: () => this.#sendingsTo(peer),
      messageBytesMax: () => this.#data?.messageBytesMax(peer) ?? 0,
      send: (message) => this.#data?.send(message, peer, { transfer: true }),
      room: () => this.#room(peer),
      unreadable: ({ id }) => this.#outgoing.get(id)?.unreadable(),
    });
    this.#uplinks.set(peer, uplink);
    return uplink;
  }

  *#sendingsTo(peer: string): Iterable<{ sending: Sending; pieces: FilePieces }> {
    for (const outgoing of this.#outgoing.values()) {
      const sending = outgoing.sendingTo(peer);
      if (sending && outgoing.pieces) yield { sending, pieces: outgoing.pieces };
    }
  }

  #room(peer: string): Promise<boolean> {
    if (this.#closed || !this.#call.peers.has(peer)) return Promise.resolve(false);
    if ((this.#data?.bufferedAmount(peer) ?? 0) < BUFFERED_BYTES_MAX) return Promise.resolve(true);
    return new Promise((resolve) => this.#waits.set(peer, resolve));
  }

  #wake(peer: string, room: boolean): void {
    this.#waits.get(peer)?.(room);
    this.#waits.delete(peer);
  }

  #send(peer: string, message: Message): void {
    try {
      this.#control?.send(JSON.stringify(message), peer);
    } catch (error) {
      // Who has left need not be told; a channel that takes no more belongs to somebody who does not listen.
      if (!(error instanceof Error) || error.name !== 'ChannelError') throw error; // its class is in another bundle
    }
  }

  #changed(id: string, progress: boolean): void {
    if (this.#closed) return;
    if (!progress) return this.emit('change', { id });
    if (this.#progress.has(id)) return;
    this.#progress.set(id, setTimeout(() => {
      this.#progress.delete(id);
      this.emit('change', { id });
    }, PROGRESS_MS));
  }

  #keepOffer({ id, name, path, bytes, mime, modifiedMs, group, audience, handle }: OutgoingFile): void {
    const info: FileInfo = { id, name, path, bytes, mime, modifiedMs, group };
    this.#offers?.put(this.#call.room, { info, audience, handle }).catch(() => undefined); // not after a reload, then
  }

  #forgetOffer(id: string): void {
    this.#offers?.remove(id).catch(() => undefined);
  }
}

function browserOffers(): OfferBook | null {
  return typeof indexedDB === 'undefined' ? null : new IndexedOffers();
}

function pathOf({ file, path }: { file: File; path?: string }): string {
  return cleanPath(path ?? file.webkitRelativePath ?? '') || cleanName(file.name);
}

/** Top folder -> the group of all files below it. */
function groupsOf(paths: readonly string[]): Map<string, FileGroup> {
  const groups = new Map<string, FileGroup>();
  for (const path of paths) {
    const [name = '', ...rest] = path.split('/');
    if (rest.length === 0) continue;
    const known = groups.get(name);
    groups.set(name, { id: known?.id ?? randomID(16), name, files: (known?.files ?? 0) + 1 });
  }
  return groups;
}
