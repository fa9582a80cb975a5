/**
 * One RTCPeerConnection with one peer: four transceivers in a fixed order, a control channel, and how
 * long nothing was heard. Who begins it and when it is replaced is link.ts.
 */

import { CONTROL_LABEL } from './channels.js';
import { RelayHold } from './hold.js';
import { encodeLimits, limitSender, narrower, parseLimits, preferCodec } from './limits.js';
import { fragments, Negotiation, type NegotiationHost } from './negotiation.js';
import type { TrackInfo } from './protocol.gen.js';
import { nominatesFirstPair } from './quirks.js';
import { number, statMap } from './stat.js';
import { normalise, type ConnectionStats, type Counters } from './stats.js';
import type { TrackKind, VideoLimits } from './types.js';

const KINDS: readonly TrackKind[] = ['microphone', 'camera', 'screen', 'screen-audio'];
const CONTROL_BYTES_MAX = 16 << 10;
const STATS_MS_MIN = 500;
/** Of one peer: what it sends beyond that is not remembered. */
const RELAYS_MAX = 256;

/** What peers tell each other twice a second, outside of order and without retransmission. */
export interface Alive {
  /** The page is in the background, where its timers run late. */
  hidden: boolean;
  /** Label -> stream name and number of the last message received. */
  received: Map<string, [string, number]>;
  /** The most video that this end wants from the other. */
  receive: VideoLimits;
}

/** The person's own wishes for what is sent. */
export interface Sending { limits: VideoLimits; codec: string | null }

export interface ConnectionHost extends Omit<NegotiationHost, 'prepareAnswer'> {
  localTrack(kind: TrackKind): MediaStreamTrack | null;
  /** Of the camera's picture the shorter side, null if it is not known. */
  cameraLines(): number | null;
  sending(): Sending;
  tracks(): void;
  channel(channel: RTCDataChannel): void;
  alive(message: Alive): void;
  /** ICE or DTLS has another state. */
  transportChanged(): void;
}

export class Connection {
  readonly id: string;
  readonly pc: RTCPeerConnection;
  readonly negotiation: Negotiation;
  readonly received = new Map<TrackKind, MediaStreamTrack>();
  /** This end began the connection. */
  leads = false;
  remoteHidden = false;

  readonly #host: ConnectionHost;
  readonly #control: RTCDataChannel;
  /** Candidates on their way out and in, where relay candidates have to wait. */
  #holds: { out: RelayHold; in: RelayHold } | null = null;
  readonly #transceivers = new Map<TrackKind, RTCRtpTransceiver>();
  readonly #rtpTimestamps = new Map<TrackKind, number>();
  /** The peer's relay candidates, address:port. */
  readonly #relays = new Set<string>();
  #counters: Counters | null = null;
  #stats: ConnectionStats | null = null;
  #statsAtMs = 0;
  /** Remote username fragment of the path that was connected last. */
  #generation = '';
  #heardAtMs = 0;
  #mediaAtMs = 0;
  /** What the peer wants at most. */
  #asked: VideoLimits = {};
  #adjusting: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(id: string, pc: RTCPeerConnection, polite: boolean, host: ConnectionHost) {
    this.id = id;
    this.pc = pc;
    this.#host = host;
    this.negotiation = new Negotiation(pc, polite, {
      sendDescription: (type, sdp, first) => host.sendDescription(type, sdp, first),
      sendCandidate: (candidate) => (this.#holds ? this.#holds.out.pass(candidate) : host.sendCandidate(candidate)),
      failed: (error) => host.failed(error),
      prepareAnswer: (tracks) => this.#adopt(tracks),
      negotiated: () => {
        host.negotiated();
        this.adjust();
      },
    });
    this.#control = pc.createDataChannel(CONTROL_LABEL, { ordered: false, maxRetransmits: 0 });
    pc.ondatachannel = ({ channel }) => this.#onChannel(channel);
    pc.oniceconnectionstatechange = () => {
      this.#onIceState(pc.iceConnectionState);
      host.transportChanged();
    };
    pc.onconnectionstatechange = () => host.transportChanged();
  }

  /** The initiator's side: adds the four transceivers and makes the first offer. */
  start(): void {
    this.leads = true;
    if (nominatesFirstPair() && this.pc.getConfiguration().iceTransportPolicy !== 'relay') {
      this.#holds = {
        out: new RelayHold((candidate) => this.#host.sendCandidate(candidate)),
        in: new RelayHold((candidate) => this.negotiation.handleCandidate(candidate)),
      };
    }
    for (const kind of KINDS) {
      const type = kind === 'microphone' || kind === 'screen-audio' ? 'audio' : 'video';
      this.#take(kind, this.pc.addTransceiver(this.#host.localTrack(kind) ?? type, { direction: 'sendrecv' }));
    }
    this.negotiation.start();
  }

  /** A candidate of the peer; an empty one is the end of them. */
  handleCandidate(candidate: RTCIceCandidateInit): void {
    const relay = / (\S+) (\d+) typ relay\b/.exec(candidate.candidate ?? '');
    if (relay && this.#relays.size < RELAYS_MAX) this.#relays.add(`${relay[1]}:${relay[2]}`);
    if (this.#holds) this.#holds.in.pass(candidate);
    else this.negotiation.handleCandidate(candidate);
  }

  /** mid -> what it carries, as far as there are mids. */
  get kinds(): Map<string, TrackKind> {
    const kinds = new Map<string, TrackKind>();
    for (const [kind, { mid }] of this.#transceivers) if (mid !== null) kinds.set(mid, kind);
    return kinds;
  }

  get tracks(): TrackInfo[] {
    return [...this.kinds].map(([mid, kind]) => ({ mid, kind }));
  }

  setTrack(kind: TrackKind): void {
    const sender = this.#transceivers.get(kind)?.sender;
    const track = this.#host.localTrack(kind);
    if (!sender || sender.track === track) return;
    sender.replaceTrack(track).then(() => this.adjust(), (error: unknown) => {
      if (!this.#closed) this.#host.failed(error);
    });
  }

  /** Puts in force on the senders what this end and the peer wish. */
  adjust(): void {
    this.#adjusting = this.#adjusting.then(async () => {
      const { limits, codec } = this.#host.sending();
      for (const kind of ['camera', 'screen'] as const) {
        const transceiver = this.#transceivers.get(kind);
        // Before there are both descriptions a browser may have no encodings yet, or refuse changes.
        if (this.#closed || !transceiver || this.pc.signalingState !== 'stable' || !this.pc.remoteDescription) return;
        const lines = kind === 'camera' ? this.#host.cameraLines() : null;
        // Changed in between, it is adjusted again.
        await limitSender(transceiver.sender, kind, narrower(limits, this.#asked), lines, codec).catch(() => undefined);
      }
    });
  }

  /** Prefers another codec from now on. */
  preferCodec(): void {
    const { codec } = this.#host.sending();
    for (const kind of ['camera', 'screen'] as const) {
      const transceiver = this.#transceivers.get(kind);
      if (transceiver) preferCodec(transceiver, codec);
    }
    if (this.pc.signalingState === 'stable') this.negotiation.start();
    this.adjust();
  }

  get maxMessageSize(): number | null {
    return this.pc.sctp?.maxMessageSize ?? null;
  }

  sendAlive(message: Alive): void {
    // What could not leave for a second must not pile up behind a dead path.
    if (this.#control.readyState === 'open' && this.#control.bufferedAmount < CONTROL_BYTES_MAX) {
      const received = Object.fromEntries(message.received);
      this.#control.send(JSON.stringify({ type: 'alive', hidden: message.hidden, received, receive: encodeLimits(message.receive) }));
    }
  }

  /** Since when nothing came; null before anything ever came. */
  silentMs(nowMs: number): number | null {
    return this.#heardAtMs === 0 ? null : nowMs - this.#heardAtMs;
  }

  /** Media was arriving when something was last heard. */
  get mediaFlowed(): boolean {
    return this.#heardAtMs - this.#mediaAtMs < 600;
  }

  /** Looks whether packets came since the last look; returns the level of the peer's voice, 0..1. */
  listen(): number {
    let level = 0;
    for (const [kind, { receiver }] of this.#transceivers) {
      const source = receiver.getSynchronizationSources()[0];
      if (!source) continue;
      if (source.rtpTimestamp === this.#rtpTimestamps.get(kind)) continue;
      this.#rtpTimestamps.set(kind, source.rtpTimestamp);
      this.#hear(true);
      if (kind === 'microphone') level = source.audioLevel ?? 0;
    }
    return level;
  }

  /** Statistics since the last call, or those of the last call if it is too recent to compare with. */
  async stats(): Promise<ConnectionStats> {
    if (this.#stats && performance.now() - this.#statsAtMs < STATS_MS_MIN) return this.#stats;
    this.#statsAtMs = performance.now();
    const counters = statMap(await this.pc.getStats());
    const stats = normalise(counters, this.#counters, this.kinds, this.#relays);
    this.#counters = counters;
    this.#stats = stats;
    // What nobody plays has no synchronization sources.
    for (const stat of counters.values()) {
      const last = stat.type === 'inbound-rtp' ? number(stat, 'lastPacketReceivedTimestamp') : null;
      if (last !== null) this.#hear(true, performance.now() - (stat.timestamp - last));
    }
    return stats;
  }

  /** The last report that statistics were made of. */
  get report(): Counters | null {
    return this.#counters;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.negotiation.close();
    this.#holds?.out.close();
    this.#holds?.in.close();
    this.pc.ondatachannel = this.pc.oniceconnectionstatechange = this.pc.onconnectionstatechange = null;
    this.#control.onmessage = null;
    this.pc.close();
  }

  #onIceState(state: RTCIceConnectionState): void {
    this.#statsAtMs = 0; // the path may be another one
    const generation = fragments(this.pc.remoteDescription)[0] ?? '';
    if (state !== 'connected' || generation === this.#generation) return;
    // What was silent before this path existed says nothing about it. Within a generation though,
    // 'connected' may only mean that ICE tries its next dead pair.
    this.#generation = generation;
    this.#hear();
  }

  #hear(media = false, atMs = performance.now()): void {
    this.#heardAtMs = Math.max(this.#heardAtMs, atMs);
    if (media) this.#mediaAtMs = Math.max(this.#mediaAtMs, atMs);
  }

  /** The answerer's side: gives the transceivers of the remote offer their meaning and tracks. */
  #adopt(tracks: readonly TrackInfo[]): void {
    for (const transceiver of this.pc.getTransceivers()) {
      const kind = tracks.find(({ mid }) => mid === transceiver.mid)?.kind;
      if (!kind || this.#transceivers.has(kind)) continue;
      transceiver.direction = 'sendrecv';
      this.#take(kind, transceiver);
      this.setTrack(kind);
    }
  }

  #ask(limits: VideoLimits): void {
    if (JSON.stringify(limits) === JSON.stringify(this.#asked)) return;
    this.#asked = limits;
    this.adjust();
  }

  #take(kind: TrackKind, transceiver: RTCRtpTransceiver): void {
    this.#transceivers.set(kind, transceiver);
    this.received.set(kind, transceiver.receiver.track);
    const { codec } = this.#host.sending();
    if (codec !== null && (kind === 'camera' || kind === 'screen')) preferCodec(transceiver, codec);
    this.#host.tracks();
  }

  #onChannel(channel: RTCDataChannel): void {
    if (channel.label !== CONTROL_LABEL) return this.#host.channel(channel);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = parseAlive(data);
      if (!message || this.#closed) return;
      this.#hear();
      this.remoteHidden = message.hidden;
      this.#ask(message.receive);
      this.#host.alive(message);
    };
  }
}

/** Never trusts what a peer sends. */
function parseAlive(data: unknown): Alive | null {
  if (typeof data !== 'string' || data.length > CONTROL_BYTES_MAX) return null;
  try {
    const message = JSON.parse(data) as { type?: unknown; hidden?: unknown; received?: object; receive?: unknown } | null;
    if (message?.type !== 'alive') return null;
    const received: Alive['received'] = new Map();
    for (const [label, ack] of Object.entries<unknown>({ ...message.received })) {
      const [name, number] = Array.isArray(ack) ? (ack as unknown[]) : [];
      if (typeof name === 'string' && typeof number === 'number') received.set(label, [name, number]);
    }
    return { hidden: message.hidden === true, received, receive: parseLimits(message.receive) };
  } catch {
    return null;
  }
}
