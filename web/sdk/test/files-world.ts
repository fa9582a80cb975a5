/** Calls, channels and stores without a browser, for the tests of files. */

import { Channel } from '../src/channels.js';
import { Emitter } from '../src/emitter.js';
import { hex } from '../src/files/wire.js';
import { FileShare, type FileCall } from '../src/files/share.js';
import type { OfferBook, StandingOffer } from '../src/files/offers.js';
import { StoreError, type FileStore, type KeptFile, type Sink, type SinkEvents } from '../src/files/store.js';
import { Task, type Backend } from '../src/files/task.js';
import { Hashes } from '../src/files/hashes.js';
import { Sha256 } from '../src/files/sha256.js';
import type { Collected } from '../src/files/collector.js';
import type { FileInfo } from '../src/files/wire.js';
import { InboundStream, OutboundStream, type Payload, type SendChannel } from '../src/streams.js';
import type { CallEvents } from '../src/types.js';
import { Random } from './random.js';

class Pipe implements SendChannel {
  readyState: RTCDataChannelState = 'connecting';
  bufferedAmountLowThreshold = 0;
  binaryType: BinaryType = 'arraybuffer';
  onopen: SendChannel['onopen'] = null;
  onclose: SendChannel['onclose'] = null;
  onbufferedamountlow: SendChannel['onbufferedamountlow'] = null;
  readonly queue: Payload[] = [];
  bufferedAmount = 0;

  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    this.queue.push(data as Payload);
    this.bufferedAmount += sizeOf(data as Payload);
  }

  close(): void {
    this.readyState = 'closed';
  }

  /** Takes one message out at the far end. */
  take(): Payload | undefined {
    const data = this.queue.shift();
    if (data === undefined) return undefined;
    const before = this.bufferedAmount;
    this.bufferedAmount -= sizeOf(data);
    if (before > this.bufferedAmountLowThreshold && this.bufferedAmount <= this.bufferedAmountLowThreshold) {
      this.onbufferedamountlow?.call(this as unknown as RTCDataChannel, new Event('bufferedamountlow'));
    }
    return data;
  }
}

function sizeOf(data: Payload): number {
  return typeof data === 'string' ? data.length : data.byteLength;
}

/** One label from one peer to another. */
interface Wire { pipe: Pipe; outbound: OutboundStream; inbound: InboundStream; from: FakeCall; to: FakeCall; label: string }

type Interferes = (from: string, label: string, data: Payload) => Payload | null;

export class Net {
  readonly random: Random;
  readonly calls = new Map<string, FakeCall>();
  /** What a hostile peer or a broken one makes of a message; null drops it. */
  interfere: Interferes = (_from, _label, data) => data;
  messageBytesMax = 256 << 10;
  /** The most that was ever on its way, in bytes. */
  mostBytes = 0;
  readonly #wires: Wire[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  join(id: string): FakeCall {
    const call = new FakeCall(id, this);
    for (const other of this.calls.values()) {
      other.peers.set(id, call as never);
      call.peers.set(other.id, other as never);
    }
    this.calls.set(id, call);
    for (const other of this.calls.values()) {
      if (other === call) continue;
      for (const label of other.channels.keys()) this.wire(other, call, label);
      other.emitter.emit('peer-joined', { peer: { id } as never });
    }
    return call;
  }

  leave(id: string): void {
    const call = this.calls.get(id);
    this.calls.delete(id);
    for (const wire of [...this.#wires]) {
      if (wire.from === call || wire.to === call) this.#wires.splice(this.#wires.indexOf(wire), 1);
    }
    for (const other of this.calls.values()) {
      other.peers.delete(id);
      other.emitter.emit('peer-left', { peer: { id } as never, reason: 'lost' });
    }
  }

  wire(from: FakeCall, to: FakeCall, label: string): void {
    const channel = from.channels.get(label);
    if (!channel) return;
    const outbound = new OutboundStream(label, {}, {
      open: () => undefined, close: () => undefined, failed: (error) => { throw error; },
      low: () => channel.emit('low', { peer: to.id }),
    });
    outbound.lowBytes = channel.bufferedAmountLowThreshold;
    const inbound = new InboundStream();
    const pipe = new Pipe();
    inbound.begin(outbound.init.protocol ?? '');
    outbound.attach(pipe, () => this.messageBytesMax);
    this.#wires.push({ pipe, outbound, inbound, from, to, label });
    pipe.readyState = 'open';
    pipe.onopen?.call(pipe as unknown as RTCDataChannel, new Event('open'));
    if (to.channels.has(label)) this.#listen(from, to, label);
    this.#listen(to, from, label);
  }

  #listen(from: FakeCall, to: FakeCall, label: string): void {
    const wire = this.#wires.find((w) => w.from === from && w.to === to && w.label === label);
    if (!to.channels.has(label)) return;
    wire?.inbound.listen((data) => to.channels.get(label)?.emit('message', { from: from.id, data }));
  }

  streams(from: FakeCall, label: string): Map<string, OutboundStream> {
    return new Map(this.#wires.filter((w) => w.from === from && w.label === label).map((w) => [w.to.id, w.outbound]));
  }

  /** Lets time go by until something is true. */
  async until(what: string, condition: () => boolean, rounds = 200_000): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      if (condition()) return;
      await this.step();
    }
    throw new Error(`it never came true that ${what}`);
  }

  /** Moves some messages, in an order that only keeps each channel's own. */
  async step(): Promise<void> {
    const busy = this.#wires.filter(({ pipe }) => pipe.queue.length > 0);
    this.mostBytes = Math.max(this.mostBytes, ...busy.map(({ pipe }) => pipe.bufferedAmount));
    const wire = busy[this.random.below(Math.max(1, busy.length))];
    if (wire) {
      const message = wire.pipe.take();
      const data = message === undefined ? null : this.interfere(wire.from.id, wire.label, message);
      if (data !== null && wire.inbound.receive(copy(data))) {
        const ack = wire.inbound.takeAck();
        if (ack) wire.outbound.acknowledge(...ack);
      }
    }
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

/** What is sent is another page's memory. */
function copy(data: Payload): Payload {
  return typeof data === 'string' ? data : data.slice(0);
}

export class FakeCall {
  readonly room = 'files-room';
  readonly id: string;
  /** What the others see of it. */
  signaling: 'present' | 'away' = 'present';
  readonly peers = new Map<string, never>();
  readonly emitter = new Emitter<CallEvents>();
  readonly channels = new Map<string, Channel>();
  readonly #net: Net;

  constructor(id: string, net: Net) {
    this.id = id;
    this.#net = net;
  }

  on<K extends keyof CallEvents>(type: K, listener: (event: CallEvents[K]) => void): () => void {
    return this.emitter.on(type, listener);
  }

  channel(label: string): Channel {
    const known = this.channels.get(label);
    if (known) return known;
    const channel = new Channel(label, {}, {
      streams: (name) => this.#net.streams(this, name),
      closed: () => this.channels.delete(label),
    });
    this.channels.set(label, channel);
    for (const other of this.#net.calls.values()) if (other !== this) this.#net.wire(this, other, label);
    return channel;
  }

  /** Says something that a FileShare would not. */
  say(to: string, message: unknown): void {
    this.channel('files').send(typeof message === 'string' ? message : JSON.stringify(message), to);
  }
}

interface MemoryFile { info: FileInfo; room: string; pieces: Uint8Array[]; hashes: Uint8Array[]; done: boolean; paused: boolean; open: boolean }

/** Keeps what a disk would keep. */
export class MemoryStore implements FileStore {
  readonly files = new Map<string, MemoryFile>();
  #visit = 0;
  /** Pieces that fit in all. */
  room = Infinity;
  /** Called before each piece is written. */
  beforeWrite: (piece: Collected) => void | Promise<void> = () => undefined;

  list(room: string): Promise<KeptFile[]> {
    return Promise.resolve([...this.files.values()].filter((file) => file.room === room)
      .map(({ info, pieces, done, paused }) => ({ info, pieces: pieces.length, done, paused })));
  }

  open(room: string, { id, name, path, bytes, mime, modifiedMs, group }: FileInfo, _target: unknown, events: SinkEvents): Promise<Sink> {
    const info = { id, name, path, bytes, mime, modifiedMs, group };
    const file = this.files.get(id) ?? { info, room, pieces: [], hashes: [], done: false, paused: false, open: false };
    if (file.open) return Promise.reject(new StoreError('internal', 'open already'));
    file.open = true;
    this.files.set(id, file);
    const task = new Task(info, this.#backend(file), events);
    return Promise.resolve({
      pieces: file.pieces.length,
      tree: () => task.tree(), write: (message) => task.write(message), setPaused: (paused) => task.setPaused(paused),
      finish: () => task.finish(), close: () => task.close(),
    });
  }

  remove(id: string): Promise<void> {
    this.files.delete(id);
    return Promise.resolve();
  }

  file({ id, name, mime }: FileInfo): Promise<File> {
    return Promise.resolve(new File(this.files.get(id)?.pieces as BlobPart[], name, { type: mime }));
  }

  async sha256(info: FileInfo): Promise<string> {
    return hex(new Sha256().update(new Uint8Array(await (await this.file(info)).arrayBuffer())).digest());
  }

  close(): void {}

  /** The page is gone at once: nothing is closed in order, and nothing of it is written any more. */
  crash(): void {
    this.#visit++;
    for (const file of this.files.values()) file.open = false;
  }

  #backend(file: MemoryFile): Backend {
    const store = this;
    const visit = this.#visit;
    return {
      get pieces() { return file.pieces.length; },
      async append(piece) {
        await store.beforeWrite(piece);
        if (visit !== store.#visit) return;
        const used = [...store.files.values()].reduce((sum, { pieces }) => sum + pieces.length, 0);
        if (used >= store.room) throw new StoreError('no-space', 'full');
        file.pieces.push(piece.bytes.slice());
        file.hashes.push(piece.hash.slice());
      },
      tree(pieces) {
        const hashes = new Hashes();
        file.hashes.forEach((hash, n) => hashes.set(n, hash));
        return hashes.tree(pieces);
      },
      setPaused(paused) { file.paused = paused; },
      finish() {
        if (visit === store.#visit) {
          file.done = true;
          file.open = false;
        }
        return Promise.resolve();
      },
      close() { if (visit === store.#visit) file.open = false; },
    };
  }
}

export class MemoryOffers implements OfferBook {
  readonly offers = new Map<string, StandingOffer>();

  load(): Promise<StandingOffer[]> {
    return Promise.resolve([...this.offers.values()]);
  }

  put(_room: string, offer: StandingOffer): Promise<void> {
    this.offers.set(offer.info.id, offer);
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.offers.delete(id);
    return Promise.resolve();
  }
}

/** A person of the room with a FileShare. */
export async function person(net: Net, id: string, store = new MemoryStore(), offers = new MemoryOffers()): Promise<{
  call: FakeCall; share: FileShare; store: MemoryStore; offers: MemoryOffers;
}> {
  const call = net.join(id);
  const share = new FileShare(call as unknown as FileCall, { store, offers });
  await share.ready;
  return { call, share, store, offers };
}

/** A file whose bytes tell where they are. */
export function fileOf(name: string, bytes: number, seed = 1, type = ''): File {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let state = seed >>> 0;
  for (let i = 0; i < words.length; i++) words[i] = state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return new File([new Uint8Array(words.buffer, 0, bytes)], name, { type, lastModified: 1_795_262_400_000 });
}

export async function sameContent(a: File, b: File): Promise<boolean> {
  return Buffer.from(await a.arrayBuffer()).equals(Buffer.from(await b.arrayBuffer()));
}
