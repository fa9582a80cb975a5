/**
 * The link with one peer: which RTCPeerConnection it is at the moment, when that is restarted or
 * replaced, and the data streams that live longer than it.
 */

import { LABEL_LENGTH_MAX, type Channel } from './channels.js';
import { Connection, type Alive, type Sending } from './connection.js';
import type { Peer } from './peer.js';
import { samePath } from './path.js';
import type {
  Answer, Candidate, EndOfCandidates, Offer, Peer as PeerInfo, Reset,
} from './protocol.gen.js';
import { nominatesFirstPair } from './quirks.js';
import { Recovery } from './recovery.js';
import { randomID } from './rooms.js';
import type { Outgoing } from './session.js';
import { qualityOf } from './stats.js';
import { InboundStream, OutboundStream } from './streams.js';
import type { PeerStats, TrackKind, VideoLimits } from './types.js';

/** How long a peer that the server does not know is kept while its media flows. */
const ORPHAN_MS = 30_000;
/** Labels of one peer: more are not listened to. */
const LABELS_MAX = 64;

export type PeerMessage = Offer | Answer | Candidate | EndOfCandidates | Reset;

export interface LinkHost {
  newPC(): RTCPeerConnection;
  /** Signaling works. */
  reachable(): boolean;
  /** When signaling was last taken up again, -Infinity if it never was lost. */
  returnedAtMs(): number;
  localTrack(kind: TrackKind): MediaStreamTrack | null;
  cameraLines(): number | null;
  sending(): Sending;
  /** The most video that is wanted from this peer. */
  receiving(): VideoLimits;
  send(message: Outgoing): void;
  channel(label: string): Channel | undefined;
  /** The network may not be what it was. */
  suspect(): void;
  changed(): void;
  tracksChanged(): void;
  gone(reason: 'bye' | 'lost'): void;
  failed(error: Error): void;
}

export class Link {
  readonly peer: Peer;
  readonly #host: LinkHost;
  readonly #polite: boolean;
  readonly #recovery = new Recovery(performance.now());
  readonly #outbound = new Map<string, OutboundStream>();
  readonly #inbound = new Map<string, InboundStream>();
  #connection: Connection | null = null;
  #orphanUntilMs = Infinity;
  #trouble = false;
  #closed = false;

  constructor(peer: Peer, info: PeerInfo, host: LinkHost) {
    this.peer = peer;
    this.#host = host;
    this.#polite = info.polite;
    this.#inform(info);
  }

  /** Begins, once all channels are open, so that the first offer has everything in it. */
  begin(info: PeerInfo): void {
    if (!info.initiate) return;
    // Nothing is lost but half a round trip: the peer begins, and so controls ICE.
    if (nominatesFirstPair()) this.#host.send({ type: 'reset', to: this.peer.id, connection: randomID(12) });
    else this.#start();
  }

  /** The server knows this peer (again): after a restart of the server, or of the peer's session. */
  rejoined(info: PeerInfo): void {
    this.#inform(info);
    this.#orphanUntilMs = Infinity;
    const connection = this.#connection;
    if (connection?.negotiation.resend()) return;
    if (connection && !this.#trouble && this.peer.connection === 'connected') return;
    if (info.initiate) this.#start();
    else connection?.pc.restartIce();
  }

  /** The server does not know this peer (any more), but media may still flow. */
  orphaned(): void {
    this.peer.signaling = 'away';
    const flows = this.peer.connection === 'connected' && !this.#trouble;
    if (flows) this.#orphanUntilMs = Math.min(this.#orphanUntilMs, performance.now() + ORPHAN_MS);
    else this.#host.gone('lost');
  }

  setPresence(signaling: 'present' | 'away'): void {
    this.peer.signaling = signaling;
    this.#changed();
  }

  handle(message: PeerMessage): void {
    const connection = this.#connection?.id === message.connection ? this.#connection : null;
    switch (message.type) {
      case 'offer': return this.#onOffer(message, connection);
      case 'answer': return connection?.negotiation.handleDescription('answer', message.sdp, message.tracks);
      case 'candidate':
        return connection?.handleCandidate({
          candidate: message.candidate, sdpMid: message.sdp_mid, sdpMLineIndex: message.sdp_m_line_index,
          ...fragmentOf(message),
        });
      case 'end-of-candidates':
        return connection?.handleCandidate({
          candidate: '', sdpMid: '0', sdpMLineIndex: 0, ...fragmentOf(message),
        });
      case 'reset':
        // Of a connection that we have, or before there is any: the peer wants us to begin.
        if (connection || !this.#connection) this.#start();
    }
  }

  /** The local track of this kind has changed. */
  setTrack(kind: TrackKind): void {
    this.#connection?.setTrack(kind);
  }

  /** Other limits of what is sent are in force. */
  adjust(): void {
    this.#connection?.adjust();
  }

  /** Another codec is wished for. */
  preferCodec(): void {
    this.#connection?.preferCodec();
  }

  configure(configuration: RTCConfiguration): void {
    try {
      this.#connection?.pc.setConfiguration(configuration);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Looks for a new path at once, while the old one stays in use. */
  restartIce(): void {
    const pc = this.#connection?.pc;
    if (pc?.signalingState !== 'stable') return;
    pc.restartIce();
    this.#recovery.attempted(performance.now());
  }

  /** The network of this end is another one. The follower's restart would do harm: see recovery.ts. */
  networkChanged(): void {
    if (this.#connection?.leads) this.restartIce();
  }

  /** Four times a second. Returns the level of the peer's voice. */
  tick(nowMs: number): number {
    const connection = this.#connection;
    if (nowMs > this.#orphanUntilMs) this.#host.gone('lost');
    if (!connection || this.#closed) return 0;
    const level = connection.listen();
    const { pc } = connection;
    const { state, suspect, trouble, remedy } = this.#recovery.observe({
      nowMs, silentMs: connection.silentMs(nowMs), mediaFlowed: connection.mediaFlowed,
      remoteHidden: connection.remoteHidden, follows: !connection.leads,
      ice: pc.iceConnectionState, dtlsFailed: pc.connectionState === 'failed' && pc.iceConnectionState !== 'failed',
      offering: pc.signalingState !== 'stable', away: this.peer.signaling === 'away',
      reachable: this.#host.reachable(), returnedAtMs: this.#host.returnedAtMs(),
    });
    if (suspect) this.#host.suspect();
    if (remedy === 'restart') pc.restartIce();
    if (remedy === 'replace') this.#start();
    this.#trouble = trouble;
    if (this.#orphanUntilMs < Infinity && state === 'lost') this.#host.gone('lost');
    if (state !== this.peer.connection) {
      this.peer.connection = state;
      this.#changed();
    }
    return level;
  }

  sendAlive(hidden: boolean): void {
    const received: Alive['received'] = new Map();
    for (const [label, stream] of this.#inbound) {
      const ack = stream.takeAck();
      if (ack) received.set(label, ack);
    }
    this.#connection?.sendAlive({ hidden, received, receive: this.#host.receiving() });
  }

  async stats(): Promise<PeerStats | null> {
    const connection = this.#connection;
    const stats = await connection?.stats().catch(() => null);
    if (!stats || this.#closed || connection !== this.#connection) return null;
    const { peer } = this;
    const alive = peer.connection === 'connected';
    const quality = peer.connection === 'lost' ? 'lost' : alive ? qualityOf(stats) : 'unknown';
    const changed = quality !== peer.quality || !samePath(stats.path, peer.path);
    peer.stats = { peer: peer.id, atMs: performance.now(), quality, ...stats };
    peer.quality = quality;
    peer.path = stats.path;
    if (changed) this.#changed();
    return peer.stats;
  }

  get connection(): Pick<Connection, 'pc' | 'report'> | null {
    return this.#connection;
  }

  /** Opens a channel to this peer. */
  open(channel: Channel): void {
    const { label } = channel;
    const stream = new OutboundStream(label, channel.options, {
      open: () => channel.emit('open', { peer: this.peer.id }),
      close: () => channel.emit('close', { peer: this.peer.id }),
      low: () => channel.emit('low', { peer: this.peer.id }),
      failed: (error) => this.#host.failed(error),
    });
    stream.lowBytes = channel.bufferedAmountLowThreshold;
    this.#outbound.set(label, stream);
    if (this.#connection) this.#attach(stream, this.#connection);
    this.#listen(label, this.#inbound.get(label));
  }

  stream(label: string): OutboundStream | undefined {
    return this.#outbound.get(label);
  }

  closeChannel(label: string): void {
    this.#outbound.get(label)?.end();
    this.#outbound.delete(label);
  }

  close(): void {
    this.#closed = true;
    for (const stream of this.#outbound.values()) stream.end();
    this.#connection?.close();
    this.#connection = null;
  }

  #inform(info: PeerInfo): void {
    this.peer.inform(info);
    this.peer.signaling = info.away ? 'away' : 'present';
  }

  /** Of a peer that is gone nothing more is said. */
  #changed(): void {
    if (!this.#closed) this.#host.changed();
  }

  /** Makes a new connection and its first offer. */
  #start(): void {
    this.#connect(randomID(12)).start();
  }

  #connect(id: string): Connection {
    for (const stream of this.#outbound.values()) stream.detach();
    this.#connection?.close();
    this.#recovery.replaced(performance.now());
    this.#trouble = false;
    this.peer.received.clear();
    const to = this.peer.id;
    const connection: Connection = new Connection(id, this.#host.newPC(), this.#polite, {
      sendDescription: (type, sdp, first) => {
        const common = { to, connection: id, sdp, tracks: connection.tracks };
        this.#host.send(type === 'offer' ? { type, first, ...common } : { type, ...common });
      },
      sendCandidate: (candidate) => this.#sendCandidate(id, candidate),
      negotiated: () => this.#recovery.attempted(performance.now()),
      failed: (error) => this.#failed(error),
      localTrack: (kind) => this.#host.localTrack(kind),
      cameraLines: () => this.#host.cameraLines(),
      sending: () => this.#host.sending(),
      tracks: () => this.#onTracks(connection),
      channel: (channel) => this.#onChannel(channel),
      alive: (message) => this.#onAlive(message),
      transportChanged: () => this.#onTransportChanged(),
    });
    this.#connection = connection;
    for (const stream of this.#outbound.values()) this.#attach(stream, connection);
    return connection;
  }

  #sendCandidate(connection: string, init: RTCIceCandidateInit): void {
    const fragment = init.usernameFragment ? { username_fragment: init.usernameFragment } : {};
    if (!init.candidate) return this.#host.send({ type: 'end-of-candidates', to: this.peer.id, connection, ...fragment });
    this.#host.send({
      type: 'candidate', to: this.peer.id, connection, candidate: init.candidate,
      sdp_mid: init.sdpMid ?? '', sdp_m_line_index: init.sdpMLineIndex ?? 0, ...fragment,
    });
  }

  #onOffer(offer: Offer, known: Connection | null): void {
    if (known) return known.negotiation.handleDescription('offer', offer.sdp, offer.tracks);
    if (!offer.first) return this.#host.send({ type: 'reset', to: this.peer.id, connection: offer.connection });
    const mine = this.#connection;
    // Both began a connection at once: the impolite one's stands, and the polite one drops its own.
    if (mine?.negotiation.first && mine.pc.signalingState === 'have-local-offer' && !this.#polite) return;
    this.#connect(offer.connection).negotiation.handleDescription('offer', offer.sdp, offer.tracks);
  }

  #onTracks(connection: Connection): void {
    for (const [kind, track] of connection.received) this.peer.received.set(kind, track);
    if (this.peer.arrangeStreams() && !this.#closed) this.#host.tracksChanged();
  }

  #onTransportChanged(): void {
    this.tick(performance.now());
    void this.stats();
  }

  #attach(stream: OutboundStream, connection: Connection): void {
    try {
      const channel = connection.pc.createDataChannel(stream.label, stream.init);
      stream.attach(channel, () => connection.maxMessageSize);
    } catch (error) {
      this.#failed(error);
    }
  }

  #onChannel(channel: RTCDataChannel): void {
    const { label } = channel;
    let stream = this.#inbound.get(label);
    if (!stream) {
      if (this.#inbound.size >= LABELS_MAX || label.length > LABEL_LENGTH_MAX) return channel.close();
      this.#inbound.set(label, (stream = new InboundStream()));
      this.#listen(label, stream);
    }
    stream.begin(channel.protocol);
    channel.binaryType = 'arraybuffer';
    const connection = this.#connection;
    channel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (connection === this.#connection && stream.receive(data)) this.sendAlive(document.hidden);
    };
  }

  #listen(label: string, stream: InboundStream | undefined): void {
    if (!stream || !this.#host.channel(label)) return;
    // The channel may be closed and opened again under the same label.
    stream.listen((data) => this.#host.channel(label)?.emit('message', { from: this.peer.id, data }));
  }

  #onAlive(message: Alive): void {
    for (const stream of this.#outbound.values()) stream.acknowledges = true;
    for (const [label, [name, received]] of message.received) {
      this.#outbound.get(label)?.acknowledge(name, received);
    }
  }

  #failed(error: unknown): void {
    if (!this.#closed) this.#host.failed(error instanceof Error ? error : new Error(String(error)));
  }
}

function fragmentOf(message: Candidate | EndOfCandidates): { usernameFragment?: string } {
  return message.username_fragment ? { usernameFragment: message.username_fragment } : {};
}

