/** Data channels, by label, to all peers of a call. */

import { Emitter } from './emitter.js';
import type { ChannelMessage, ChannelOptions } from './types.js';

export interface ChannelEvents {
  message: ChannelMessage;
  /** What was queued for this peer is on its way. */
  open: { peer: string };
  close: { peer: string };
  /** bufferedAmount of this peer fell to where sending more keeps the path busy. */
  low: { peer: string };
}

/** @internal What a channel asks of its call. */
export interface ChannelHost {
  send(label: string, data: string | ArrayBuffer, to: string | undefined): void;
  bufferedAmount(label: string, to: string | undefined): number;
  closeChannel(label: string): void;
}

export class Channel extends Emitter<ChannelEvents> {
  readonly label: string;
  readonly options: Readonly<ChannelOptions>;
  readonly #host: ChannelHost;

  /** @internal */
  constructor(label: string, options: ChannelOptions, host: ChannelHost) {
    super();
    this.label = label;
    this.options = options;
    this.#host = host;
  }

  /**
   * Sends to one peer, or to all who are here now. Until a peer's channel is open the message
   * waits; over the limit of what may wait, or of a message's size, this throws ChannelError and
   * nothing was sent to anybody.
   */
  send(data: string | ArrayBuffer | ArrayBufferView, to?: string): void {
    this.#host.send(this.label, typeof data === 'string' ? data : copyBytes(data), to);
  }

  /** Bytes not sent yet: to one peer, or the most of any. */
  bufferedAmount(to?: string): number {
    return this.#host.bufferedAmount(this.label, to);
  }

  close(): void {
    this.#host.closeChannel(this.label);
    this.forgetListeners();
  }
}

/** The caller may go on to use its buffer. */
function copyBytes(data: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  const view = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return view.slice().buffer;
}
