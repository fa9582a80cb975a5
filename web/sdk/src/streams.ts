/**
 * What one peer's data channels must remember longer than one RTCPeerConnection lives.
 *
 * A reliable label is a stream of messages numbered from 1. The numbers are not on the wire: the data
 * channel's `protocol` says the stream's name and the number of its first message, "name.number", and
 * each message counts one up. The receiver acknowledges over the control channel; what is not
 * acknowledged is kept, and begins the data channel of the next connection. So a replaced connection
 * neither loses nor repeats a message. Labels with limited retransmission are not numbered.
 */

import { ChannelError } from './errors.js';
import { randomID } from './rooms.js';
import type { ChannelOptions } from './types.js';

/** Waiting to be handed to the data channel. */
export const QUEUE_BYTES_MAX = 16 << 20;
/** Handed to it: Chromium closes a channel with more than 16 MiB. */
const BUFFERED_BYTES_MAX = 1 << 20;
export const LOW_BYTES = 256 << 10;
/** Handed over and not acknowledged. */
const UNACKED_BYTES_MAX = 16 << 20;
/** Both browsers send this much to each other; more only where the peer says so. */
const MESSAGE_BYTES_DEFAULT = 256 << 10;
const INBOX_MESSAGES_MAX = 256;
const INBOX_BYTES_MAX = 1 << 20;
/** Messages, and bytes, after which the receiver does not wait for the next heartbeat to acknowledge. */
const ACK_EVERY = 64;
const ACK_BYTES = 1 << 20;

export type Payload = string | ArrayBuffer;

export function isReliable(options: ChannelOptions): boolean {
  return options.maxRetransmits === undefined && options.maxPacketLifeTime === undefined;
}

export function bytesOf(data: Payload): number {
  return typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength;
}

interface Entry { readonly data: Payload; readonly bytes: number }

/** What of an RTCDataChannel is used to send. */
export type SendChannel = Pick<
  RTCDataChannel,
  'readyState' | 'bufferedAmount' | 'bufferedAmountLowThreshold' | 'binaryType' | 'send' | 'close' | 'onopen' | 'onclose' | 'onbufferedamountlow'
>;

export interface OutboundEvents {
  open(): void;
  close(): void;
  low(): void;
  failed(error: ChannelError): void;
}

export class OutboundStream {
  readonly label: string;
  readonly options: ChannelOptions;
  readonly #events: OutboundEvents;
  readonly #name = randomID(9);
  readonly #reliable: boolean;
  /** Number of the oldest message in #entries. */
  #first = 1;
  #entries: Entry[] = [];
  /** How many of #entries this data channel has been given. */
  #given = 0;
  #givenBytes = 0;
  #waitingBytes = 0;
  #channel: SendChannel | null = null;
  #messageBytesMax = MESSAGE_BYTES_DEFAULT;
  #wasHigh = false;
  /** Where `low` is told. */
  lowBytes = LOW_BYTES;
  /** The application believes it open: a replaced connection is not its concern. */
  #announced = false;
  /** The peer acknowledges: one that never does must not fill our memory. */
  acknowledges = false;

  constructor(label: string, options: ChannelOptions, events: OutboundEvents) {
    this.label = label;
    this.options = options;
    this.#events = events;
    this.#reliable = isReliable(options);
  }

  /** How to open the data channel of a new connection. */
  get init(): RTCDataChannelInit {
    const { maxRetransmits, maxPacketLifeTime, ordered } = this.options;
    return {
      protocol: this.#reliable ? `${this.#name}.${this.#first}` : '',
      // Counting needs order, and order keeps every promise of an unordered reliable channel.
      ordered: this.#reliable || (ordered ?? true),
      ...(maxRetransmits === undefined ? {} : { maxRetransmits }),
      ...(maxPacketLifeTime === undefined ? {} : { maxPacketLifeTime }),
    };
  }

  /** Takes the data channel of a new connection, opened with `init`. */
  attach(channel: SendChannel, messageBytesMax: () => number | null): void {
    this.detach();
    this.#channel = channel;
    this.#waitingBytes += this.#givenBytes;
    this.#given = this.#givenBytes = 0;
    channel.bufferedAmountLowThreshold = LOW_BYTES;
    channel.onopen = () => {
      this.#messageBytesMax = messageBytesMax() ?? MESSAGE_BYTES_DEFAULT;
      this.#flush();
      if (!this.#announced) this.#events.open();
      this.#announced = true;
    };
    channel.onbufferedamountlow = () => this.#flush();
    channel.onclose = () => {
      if (this.#channel === channel) this.end();
    };
  }

  /** No data channel of a later connection will follow, as far as is known. */
  end(): void {
    this.detach();
    if (this.#announced) this.#events.close();
    this.#announced = false;
  }

  /** Lets go of the data channel, whose connection is replaced. */
  detach(): void {
    const channel = this.#channel;
    if (!channel) return;
    this.#channel = null;
    channel.onopen = channel.onclose = channel.onbufferedamountlow = null;
    channel.close();
  }

  get messageBytesMax(): number {
    return this.#messageBytesMax;
  }

  get bufferedAmount(): number {
    return this.#waitingBytes + (this.#channel?.bufferedAmount ?? 0);
  }

  /** Throws what `send` would, and changes nothing. */
  check(bytes: number): void {
    if (bytes > this.#messageBytesMax) {
      throw new ChannelError('too-large', `a message of ${bytes} bytes, the peer takes ${this.#messageBytesMax}`);
    }
    if (this.#waitingBytes + bytes > QUEUE_BYTES_MAX) {
      throw new ChannelError('queue-full', `${this.#waitingBytes} bytes wait to be sent on "${this.label}"`);
    }
  }

  send(data: Payload, bytes: number): void {
    this.#entries.push({ data, bytes });
    this.#waitingBytes += bytes;
    this.#flush();
  }

  /** The peer has got all messages up to this number of the stream `name`. */
  acknowledge(name: string, received: number): void {
    if (name !== this.#name) return;
    this.acknowledges = true;
    this.#release(Math.min(received - this.#first + 1, this.#given));
    this.#flush();
  }

  #release(count: number): void {
    if (count <= 0) return;
    for (const entry of this.#entries.splice(0, count)) this.#givenBytes -= entry.bytes;
    this.#given -= count;
    this.#first += count;
  }

  #flush(): void {
    const channel = this.#channel;
    while (channel?.readyState === 'open' && this.#given < this.#entries.length) {
      const full = this.acknowledges && this.#givenBytes >= UNACKED_BYTES_MAX;
      if (full || channel.bufferedAmount >= BUFFERED_BYTES_MAX) break;
      this.#give(channel);
    }
    const buffered = this.bufferedAmount;
    if (this.#wasHigh && buffered <= this.lowBytes) {
      this.#wasHigh = false;
      this.#events.low();
    } else if (buffered > this.lowBytes) {
      this.#wasHigh = true;
    }
  }

  #give(channel: SendChannel): void {
    const entry = this.#entries[this.#given];
    if (!entry) return;
    this.#waitingBytes -= entry.bytes;
    try {
      if (entry.bytes > this.#messageBytesMax) {
        throw new ChannelError('too-large', `a message of ${entry.bytes} bytes, the peer takes ${this.#messageBytesMax}`);
      }
      if (typeof entry.data === 'string') channel.send(entry.data);
      else channel.send(entry.data);
    } catch (error) {
      // It was queued before the peer's limit was known, or the browser refuses it: it cannot be sent.
      this.#entries.splice(this.#given, 1);
      this.#events.failed(error instanceof ChannelError ? error : new ChannelError('closed', String(error)));
      return;
    }
    this.#given++;
    this.#givenBytes += entry.bytes;
    const forget = !this.#reliable || (!this.acknowledges && this.#givenBytes > UNACKED_BYTES_MAX);
    if (forget) this.#release(1);
  }
}

/** One peer's messages of one label, across connections. */
export class InboundStream {
  #name = '';
  #next = 1;
  /** Number of the last message that was delivered. */
  #received = 0;
  #unackedMessages = 0;
  #unackedBytes = 0;
  #inbox: Payload[] | null = [];
  #inboxBytes = 0;
  #deliver: ((data: Payload) => void) | null = null;

  /** The peer opened a data channel for this label. */
  begin(protocol: string): void {
    const [, name = '', first = ''] = /^([\w-]{1,32})\.(\d{1,15})$/.exec(protocol) ?? [];
    if (name !== this.#name || name === '') this.#received = 0;
    this.#name = name;
    this.#next = name ? Number(first) : 1;
  }

  /** What to acknowledge: stream name and number. */
  takeAck(): [string, number] | null {
    this.#unackedMessages = this.#unackedBytes = 0;
    return this.#name && this.#received > 0 ? [this.#name, this.#received] : null;
  }

  /** Somebody listens from now on; what came before is handed over. */
  listen(deliver: (data: Payload) => void): void {
    this.#deliver = deliver;
    for (const data of this.#inbox?.splice(0) ?? []) deliver(data);
    this.#inbox = null;
  }

  /** Takes one message; true if it should be acknowledged soon. */
  receive(data: Payload): boolean {
    const number = this.#next++;
    if (this.#name && number <= this.#received) return false; // sent again over a new connection
    this.#received = number;
    this.#unackedMessages++;
    const bytes = typeof data === 'string' ? data.length : data.byteLength;
    this.#unackedBytes += bytes;
    if (this.#deliver) this.#deliver(data);
    else this.#keep(data, bytes);
    return this.#name !== '' && (this.#unackedMessages >= ACK_EVERY || this.#unackedBytes >= ACK_BYTES);
  }

  /** Nobody has asked for this label yet. Its first messages wait, and no more than that. */
  #keep(data: Payload, bytes: number): void {
    if (!this.#inbox || this.#inbox.length >= INBOX_MESSAGES_MAX || this.#inboxBytes + bytes > INBOX_BYTES_MAX) return;
    this.#inbox.push(data);
    this.#inboxBytes += bytes;
  }
}
