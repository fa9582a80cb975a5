/** One file that we offer, and everybody who takes it. */

import type { StandingOffer } from './offers.js';
import { FilePieces } from './pieces.js';
import { Sending, type SendingHost } from './sending.js';
import type { Outgoing, Receiver } from './types.js';
import { offerOf, type FileGroup, type FileInfo, type Message } from './wire.js';

export interface OutgoingHost {
  send(peer: string, message: Message): void;
  changed(outgoing: OutgoingFile, progress: boolean): void;
  ready(peer: string): void;
  /** The file is here (again): tells those to whom it is offered. */
  provided(outgoing: OutgoingFile): void;
  /** Somebody of the audience came back under another id. */
  audience(outgoing: OutgoingFile): void;
}

export class OutgoingFile implements Outgoing {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly mime: string;
  readonly modifiedMs: number;
  readonly group: FileGroup | null;
  readonly to: string | null;
  readonly handle: FileSystemFileHandle | null;
  readonly #host: OutgoingHost;
  readonly #sendings = new Map<string, Sending>();
  /** Of an offer to one peer: the ids under which that has come back. */
  readonly #audience: Set<string>;
  #pieces: FilePieces | null;

  constructor(info: FileInfo, offer: Pick<StandingOffer, 'audience' | 'handle'>, file: File | null, host: OutgoingHost) {
    ({
      id: this.id, name: this.name, path: this.path, bytes: this.bytes, mime: this.mime,
      modifiedMs: this.modifiedMs, group: this.group,
    } = info);
    this.to = offer.audience?.[0] ?? null;
    this.#audience = new Set(offer.audience ?? []);
    this.handle = offer.handle;
    this.#pieces = file ? new FilePieces(file) : null;
    this.#host = host;
  }

  get receivers(): ReadonlyMap<string, Receiver> {
    return this.#sendings;
  }

  sendingTo(peer: string): Sending | undefined {
    return this.#sendings.get(peer);
  }

  get pieces(): FilePieces | null {
    return this.#pieces;
  }

  get needsFile(): boolean {
    return this.#pieces === null;
  }

  get canReopen(): boolean {
    return this.needsFile && this.handle !== null;
  }

  get audience(): string[] | null {
    return this.to === null ? null : [...this.#audience];
  }

  provideFile(file: File): boolean {
    const same = file.name === this.name && file.size === this.bytes && file.lastModified === this.modifiedMs;
    if (!same) return false;
    this.#pieces = new FilePieces(file);
    this.#host.provided(this);
    this.#host.changed(this, false);
    return true;
  }

  async reopen(): Promise<boolean> {
    const { handle } = this;
    if (!handle) return false;
    try {
      const asks = handle as FileSystemFileHandle & { requestPermission?: (how: { mode: 'read' }) => Promise<PermissionState> };
      if (asks.requestPermission && await asks.requestPermission({ mode: 'read' }) !== 'granted') return false;
      return this.provideFile(await handle.getFile());
    } catch {
      return false; // moved, deleted, or the question was closed
    }
  }

  /** `known`: the peer names the id, which only somebody to whom it was offered can know. */
  offerTo(peer: string, known = false): void {
    if (this.to !== null && !this.#audience.has(peer)) {
      if (!known) return;
      this.#audience.add(peer);
      this.#host.audience(this);
    }
    if (!this.needsFile) this.#host.send(peer, offerOf(this));
  }

  receive(peer: string, message: Message): void {
    if (this.to !== null && !this.#audience.has(peer)) return this.#unknown(peer);
    let sending = this.#sendings.get(peer);
    if (!sending) {
      sending = new Sending(this.id, this.bytes, peer, this.#sendingHost());
      this.#sendings.set(peer, sending);
    }
    sending.handle(message);
  }

  peerLeft(peer: string): void {
    this.#sendings.get(peer)?.left();
  }

  /** It is not offered any more. */
  end(): void {
    for (const sending of this.#sendings.values()) sending.left();
    this.#pieces = null;
  }

  unreadable(): void {
    this.#pieces = null;
    for (const sending of this.#sendings.values()) {
      if (sending.unfinished) sending.fail('unreadable', 'the file cannot be read');
    }
    this.#host.changed(this, false);
  }

  #unknown(peer: string): void {
    this.#host.send(peer, { type: 'failed', id: this.id, code: 'unknown', message: 'there is no such offer' });
  }

  #sendingHost(): SendingHost {
    return {
      pieces: () => this.#pieces,
      send: (peer, message) => this.#host.send(peer, message),
      changed: (progress) => this.#host.changed(this, progress),
      ready: (peer) => this.#host.ready(peer),
      unreadable: () => this.unreadable(),
    };
  }
}
