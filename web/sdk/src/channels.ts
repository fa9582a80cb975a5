/** Data channels, by label, to all peers of a call. */

import { Emitter } from './emitter.js';
import { ChannelError } from './errors.js';
import { LOW_BYTES, bytesOf, type OutboundStream, type Payload } from './streams.js';
import type { ChannelMessage, ChannelOptions } from './types.js';

/** The label of what peers tell each other about the connection itself: connection.ts. */
export const CONTROL_LABEL = 'parley';
export const LABEL_LENGTH_MAX = 128;

/** Events of a Channel. */
export interface ChannelEvents {
  /** Something came. */
  message: ChannelMessage;
  /** What was queued for this peer is on its way. */
  open: { peer: string };
  /** The peer left, or the channel with it closed. */
  close: { peer: string };
  /** bufferedAmount of this peer fell to bufferedAmountLowThreshold: sending more keeps the path busy. */
  low: { peer: string };
}

/** @internal What a channel asks of its call. */
export interface ChannelHost {
  /** Peer id -> the way to it. */
  streams(label: string): ReadonlyMap<string, OutboundStream>;
  closed(channel: Channel): void;
}

/** A data channel with all peers of a call, present and to come. Made by Call.channel. */
export class Channel extends Emitter<ChannelEvents> {
  /** The same at all peers. */
  readonly label: string;
  /** As they were given. */
  readonly options: Readonly<ChannelOptions>;
  readonly #host: ChannelHost;
  #lowBytes = LOW_BYTES;
  #closed = false;

  /** @internal */
  constructor(label: string, options: ChannelOptions, host: ChannelHost) {
    super();
    if (options.maxRetransmits !== undefined && options.maxPacketLifeTime !== undefined) {
      throw new ChannelError('bad-options', 'maxRetransmits and maxPacketLifeTime exclude each other');
    }
    if (label === CONTROL_LABEL || label.length > LABEL_LENGTH_MAX) {
      throw new ChannelError('bad-options', `the label "${label.slice(0, LABEL_LENGTH_MAX)}" cannot be used`);
    }
    this.label = label;
    this.options = { ...options };
    this.#host = host;
  }

  /**
   * Sends to one peer, or to all who are here now. Until a peer's channel is open the message
   * waits; over the limit of what may wait, or of a message's size, this throws ChannelError and
   * nothing was sent to anybody. With `transfer` an ArrayBuffer is not copied: it belongs to the
   * channel from then on and must not be changed.
   */
  send(data: string | ArrayBuffer | ArrayBufferView, to?: string, { transfer = false } = {}): void {
    if (this.#closed) throw new ChannelError('closed', `the channel "${this.label}" is closed`);
    const streams = this.#streams(to);
    const whole = typeof data === 'string' || (transfer && data instanceof ArrayBuffer);
    const payload: Payload = whole ? data : copyBytes(data);
    const bytes = bytesOf(payload);
    for (const stream of streams) stream.check(bytes);
    for (const stream of streams) stream.send(payload, bytes);
  }

  /** Bytes not sent yet: to one peer, or the most of any. */
  bufferedAmount(to?: string): number {
    return Math.max(0, ...this.#streams(to).map((stream) => stream.bufferedAmount));
  }

  /** Bytes of the largest message that this peer takes. Until its channel is open it is not known, and 256 KiB. */
  messageBytesMax(to: string): number {
    return Math.min(...this.#streams(to).map((stream) => stream.messageBytesMax));
  }

  /** At which bufferedAmount `low` is told; 256 KiB unless it is set. */
  get bufferedAmountLowThreshold(): number {
    return this.#lowBytes;
  }

  set bufferedAmountLowThreshold(bytes: number) {
    this.#lowBytes = bytes;
    for (const stream of this.#host.streams(this.label).values()) stream.lowBytes = bytes;
  }

  /** Closes it with all peers. What waits is not sent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#host.closed(this);
    this.forgetListeners();
  }

  #streams(to: string | undefined): OutboundStream[] {
    const all = this.#host.streams(this.label);
    if (to === undefined) return [...all.values()];
    const stream = all.get(to);
    if (!stream) throw new ChannelError('unknown-peer', `there is no peer ${to}`);
    return [stream];
  }
}

/** The caller may go on to use its buffer. */
function copyBytes(data: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  const view = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return view.slice().buffer;
}
