/**
 * Perfect negotiation of one RTCPeerConnection, and nothing else.
 * https://www.w3.org/TR/webrtc/#perfect-negotiation-example (webrtc-pc section 10.7)
 *
 * Signaling keeps the order of messages; they are handled one after the other. A candidate belongs to
 * the description with its username fragment and waits for that one.
 */

import type { TrackInfo } from './protocol.gen.js';
import { keepDtlsRole } from './quirks.js';

const WAITING_CANDIDATES_MAX = 128;

/** What of an RTCPeerConnection is used here. */
export type NegotiablePC = Pick<
  RTCPeerConnection,
  | 'signalingState' | 'localDescription' | 'remoteDescription' | 'setLocalDescription' | 'setRemoteDescription'
  | 'currentLocalDescription' | 'currentRemoteDescription' | 'addIceCandidate' | 'onnegotiationneeded' | 'onicecandidate'
>;

export interface NegotiationHost {
  sendDescription(type: 'offer' | 'answer', sdp: string, first: boolean): void;
  /** An empty candidate is the end of candidates for its username fragment. */
  sendCandidate(candidate: RTCIceCandidateInit): void;
  /** The remote offer is set, the answer not made yet: the moment to give transceivers their tracks. */
  prepareAnswer(tracks: readonly TrackInfo[]): void;
  /** Both descriptions of a round are in place, whoever offered. */
  negotiated(): void;
  failed(error: unknown): void;
}

export class Negotiation {
  readonly #pc: NegotiablePC;
  readonly #polite: boolean;
  readonly #host: NegotiationHost;
  #makingOffer = false;
  #settingRemoteAnswer = false;
  /** The other end has this connection. */
  #known = false;
  #described = false;
  #closed = false;
  #queue: Promise<void> = Promise.resolve();
  #unsent: RTCIceCandidateInit[] = [];
  #waiting: RTCIceCandidateInit[] = [];
  /** Username fragments of the candidate that came last, and of the generation that ended last. */
  #gathering = '';
  #ended = '';

  constructor(pc: NegotiablePC, polite: boolean, host: NegotiationHost) {
    this.#pc = pc;
    this.#polite = polite;
    this.#host = host;
    pc.onicecandidate = ({ candidate }) => this.#onLocalCandidate(candidate);
    pc.onnegotiationneeded = () => {
      // Before the first description it is the initiator's start() that begins.
      if (this.#described) void this.#offer();
    };
  }

  /** True until the other end has answered, or has offered itself. */
  get first(): boolean {
    return !this.#known;
  }

  /** Makes the first offer. */
  start(): void {
    void this.#offer();
  }

  /** Says again what may have been lost with the server's memory: the offer that awaits its answer. */
  resend(): boolean {
    if (this.#pc.signalingState !== 'have-local-offer' || this.#closed) return false;
    this.#sendLocalDescription();
    return true;
  }

  handleDescription(type: 'offer' | 'answer', sdp: string, tracks: readonly TrackInfo[]): void {
    this.#enqueue(() => this.#onDescription({ type, sdp }, tracks));
  }

  handleCandidate(candidate: RTCIceCandidateInit): void {
    this.#enqueue(() => this.#onRemoteCandidate(candidate));
  }

  close(): void {
    this.#closed = true;
    this.#pc.onicecandidate = this.#pc.onnegotiationneeded = null;
    this.#waiting = this.#unsent = [];
  }

  #enqueue(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#closed) return;
      try {
        await step();
      } catch (error) {
        if (!this.#closed) this.#host.failed(error);
      }
    });
  }

  async #offer(): Promise<void> {
    if (this.#closed) return;
    try {
      this.#makingOffer = true;
      await this.#pc.setLocalDescription();
      if (!this.#closed) this.#sendLocalDescription();
    } catch (error) {
      if (!this.#closed) this.#host.failed(error);
    } finally {
      this.#makingOffer = false;
    }
  }

  #sendLocalDescription(): void {
    const description = this.#pc.localDescription;
    if (!description || (description.type !== 'offer' && description.type !== 'answer')) return;
    this.#host.sendDescription(description.type, description.sdp, this.first);
    this.#described = true;
    for (const candidate of this.#unsent.splice(0)) this.#host.sendCandidate(candidate);
  }

  async #onDescription(description: RTCSessionDescriptionInit, tracks: readonly TrackInfo[]): Promise<void> {
    const { type } = description;
    // An answer that nobody waits for: our offer was rolled back, or it came twice.
    if (type === 'answer' && this.#pc.signalingState !== 'have-local-offer') return;
    // "An offer may come in while we are busy processing SRD(answer). In this case, we will be in
    // 'stable' by the time the offer is processed so it is safe to chain it on our Operations Chain now."
    const readyForOffer =
      !this.#makingOffer && (this.#pc.signalingState === 'stable' || this.#settingRemoteAnswer);
    const collision = type === 'offer' && !readyForOffer;
    if (!this.#polite && collision) return;
    this.#settingRemoteAnswer = type === 'answer';
    try {
      // Rolls our own offer back where needed.
      await this.#pc.setRemoteDescription(type === 'offer' ? { type, sdp: this.#offerFor(description.sdp) } : description);
    } finally {
      this.#settingRemoteAnswer = false;
    }
    this.#known = true;
    if (type === 'offer') {
      this.#host.prepareAnswer(tracks);
      await this.#pc.setLocalDescription();
      if (!this.#closed) this.#sendLocalDescription();
    }
    this.#host.negotiated();
    await this.#addWaiting();
  }

  #offerFor(sdp = ''): string {
    const { currentRemoteDescription: remote, currentLocalDescription: local } = this.#pc;
    return keepDtlsRole(sdp, { remote, local });
  }

  async #onRemoteCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (!belongs(candidate, this.#pc.remoteDescription)) {
      // Of an offer that we ignored, of one that comes yet, or of a generation that is over.
      this.#waiting.push(candidate);
      if (this.#waiting.length > WAITING_CANDIDATES_MAX) this.#waiting.shift();
      return;
    }
    // A candidate that this browser cannot use (another address family, a name that does not
    // resolve, one of an offer that we ignored) must not end what others can still bring about.
    await this.#pc.addIceCandidate(candidate).catch(() => undefined);
  }

  async #addWaiting(): Promise<void> {
    for (const candidate of this.#waiting.splice(0)) await this.#onRemoteCandidate(candidate);
  }

  #onLocalCandidate(candidate: RTCIceCandidate | null): void {
    if (candidate?.usernameFragment) this.#gathering = candidate.usernameFragment;
    if (candidate?.candidate) return this.#sendCandidate(candidate.toJSON());
    // Browsers tell the end by null, by an empty candidate, or by both. It is the end of what was
    // gathered last, not of the description: that one may have been rolled back meanwhile.
    const usernameFragment = this.#gathering || (fragments(this.#pc.localDescription)[0] ?? '');
    if (usernameFragment === this.#ended) return;
    this.#ended = usernameFragment;
    this.#sendCandidate({ candidate: '', sdpMid: '0', sdpMLineIndex: 0, usernameFragment });
  }

  #sendCandidate(candidate: RTCIceCandidateInit): void {
    if (this.#described) this.#host.sendCandidate(candidate);
    else this.#unsent.push(candidate);
  }
}

/** The ICE username fragments of a description. */
export function fragments(description: RTCSessionDescription | null): string[] {
  return [...(description?.sdp ?? '').matchAll(/^a=ice-ufrag:(\S+)/gm)].map((match) => match[1] ?? '');
}

function belongs(candidate: RTCIceCandidateInit, remote: RTCSessionDescription | null): boolean {
  if (!remote) return false;
  return !candidate.usernameFragment || fragments(remote).includes(candidate.usernameFragment);
}
