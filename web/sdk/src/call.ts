/** Call: one person's stay in a room. */

import { Channel } from './channels.js';
import type { Sending } from './connection.js';
import { JoinError } from './errors.js';
import { Link, type LinkHost } from './link.js';
import { LocalMedia } from './media.js';
import { ModeratedRoom, Moderation } from './moderation.js';
import { NO_PATH, samePath, worstPath } from './path.js';
import { Peer } from './peer.js';
import { MAX_NAME_RUNES, type ICEServer, type Peer as PeerInfo, type Welcome } from './protocol.gen.js';
import { browserProblem, watchNetwork } from './quirks.js';
import { parseRoomURL, randomID } from './rooms.js';
import type { Delivered, Standing } from './session.js';
import { Signaling } from './signaling.js';
import type { Stat } from './stat.js';
import { Speakers } from './speakers.js';
import type { OutboundStream } from './streams.js';
import type {
  CallState, ChannelOptions, EndReason, JoinOptions, PathInfo, PeerStats, VideoLimits,
} from './types.js';

const CLIENT = 'parley-web/0.1.0';
const TICK_MS = 250;
/** Ticks between heartbeats, and between statistics. */
const ALIVE_TICKS = 2;
const STATS_TICKS = 4;

/**
 * Enters the room of `url`, like https://host/r/room, and resolves when the person is in it. It waits for no device. Rejects
 * with JoinError.
 */
export async function join(url: string | URL, options: JoinOptions = {}): Promise<Call> {
  const problem = browserProblem();
  if (problem === 'no-webrtc' || problem === 'too-old') {
    throw new JoinError('unsupported-browser', 'This browser cannot make calls.');
  }
  performance.mark('parley:join');
  let address: ReturnType<typeof parseRoomURL>;
  try {
    address = parseRoomURL(url, options.server);
  } catch (error) {
    throw new JoinError('rejected', error instanceof Error ? error.message : String(error));
  }
  return new Promise((resolve, reject) => new Call(address, options, resolve, reject));
}

/** One person's stay in a room, made by `join`. It takes care of lost connections itself, and ends with `leave` or the state 'left'. */
export class Call extends ModeratedRoom {
  /** The room's name. */
  readonly room: string;
  /** The person's own devices: JoinOptions.media, or made by the call. */
  readonly media: LocalMedia;
  readonly #options: JoinOptions;
  readonly #ownsMedia: boolean;
  readonly #signaling: Signaling;
  /** @internal */
  protected readonly moderation: Moderation;
  readonly #peers = new Map<string, Peer>();
  readonly #links = new Map<string, Link>();
  readonly #channels = new Map<string, Channel>();
  readonly #speakers = new Speakers();
  readonly #cleanups: (() => void)[] = [];
  #settle: { resolve: (call: Call) => void; reject: (error: JoinError) => void } | null;
  #id = '';
  #name: string;
  #maxPeers = 0;
  #path = NO_PATH;
  #iceServers: RTCIceServer[];
  /** Made while the server is asked, so that the first connection need not wait for the browser. */
  #spare: RTCPeerConnection | null = null;
  #activeSpeaker: string | null = null;
  #ticks = 0;
  #returnedAtMs = -Infinity;
  #sending: Sending;
  #receiving: VideoLimits;

  /** @internal Use join. */
  constructor(
    address: { room: string; signal: URL }, options: JoinOptions,
    resolve: (call: Call) => void, reject: (error: JoinError) => void,
  ) {
    super();
    this.room = address.room;
    this.#options = options;
    this.#settle = { resolve, reject };
    this.#name = cleanName(options.name ?? '');
    this.#ownsMedia = !options.media;
    this.media = options.media ?? new LocalMedia();
    this.#sending = { limits: options.sendLimits ?? {}, codec: options.videoCodec ?? null };
    this.#receiving = options.receiveLimits ?? {};
    this.#iceServers = options.iceServers ?? [];
    this.moderation = new Moderation({
      media: this.media,
      peers: this.#peers,
      send: (message) => this.#signaling.send(message),
      tell: () => this.#tell(),
      emit: (type, event) => this.emit(type, event),
    });
    const { hostKey, password, invite } = options;
    const visit = {
      room: this.room, secret: randomID(24), client: CLIENT,
      ...(hostKey ? { host_key: hostKey } : {}), ...(password ? { password } : {}), ...(invite ? { invite } : {}),
    };
    this.#signaling = new Signaling(address.signal, visit, this.#standing, {
      welcome: (welcome) => this.#onWelcome(welcome),
      waiting: () => options.onWaiting?.(),
      deliver: (message) => this.#onMessage(message),
      state: (state, reason, message) => this.#onState(state, reason, message),
      message: (direction, message) => this.emit('signal', { direction, message }),
      warn: (code, message) => {
        if (code === 'not-allowed') this.moderation.refused(message);
        // Whoever has just left may still be sent a candidate.
        if (code !== 'peer-unknown') this.emit('error', { error: new Error(`${code}: ${message}`) });
      },
    });
    this.#signaling.start();
    this.#watch();
    try {
      this.#spare = new RTCPeerConnection(this.#configuration);
    } catch (error) {
      this.#settle = null;
      this.leave();
      reject(new JoinError('unsupported-browser', error instanceof Error ? error.message : String(error)));
    }
  }

  /** The person's own id, by which the others know it. */
  get id(): string {
    return this.#id;
  }

  /** The person's own name. */
  get name(): string {
    return this.#name;
  }

  /** Of the signaling connection. */
  get state(): CallState {
    return this.#signaling.state;
  }

  /** Everybody else, by id, in the order they were met. */
  get peers(): ReadonlyMap<string, Peer> {
    return this.#peers;
  }

  /** The worst of all peers. */
  get path(): PathInfo {
    return this.#path;
  }

  /** People that the room can hold. */
  get maxPeers(): number {
    return this.#maxPeers;
  }

  /** The servers that connections are made with, credentials included. */
  get iceServers(): readonly RTCIceServer[] {
    return this.#iceServers;
  }

  /** @internal The connection with a peer, for diagnostics.ts. */
  connectionWith(peer: string): { readonly pc: RTCPeerConnection; readonly report: ReadonlyMap<string, Stat> | null } | null {
    return this.#links.get(peer)?.connection ?? null;
  }

  /** Tells the others another name. */
  setName(name: string): void {
    this.#name = cleanName(name);
    this.#tell();
  }

  /** A channel to all peers, present and to come. The same label gives the same channel. */
  channel(label: string, options: ChannelOptions = {}): Channel {
    const known = this.#channels.get(label);
    if (known) return known;
    const channel = new Channel(label, options, {
      streams: (name) => this.#streams(name),
      closed: () => {
        this.#channels.delete(label);
        for (const link of this.#links.values()) link.closeChannel(label);
      },
    });
    this.#channels.set(label, channel);
    for (const link of this.#links.values()) link.open(channel);
    return channel;
  }

  /** The most video that is sent to each peer, live. */
  setSendLimits(limits: VideoLimits): void {
    this.#sending = { ...this.#sending, limits: { ...limits } };
    for (const link of this.#links.values()) link.adjust();
  }

  /** The most video that each peer is asked to send, live. */
  setReceiveLimits(limits: VideoLimits): void {
    this.#receiving = { ...limits };
    for (const link of this.#links.values()) link.sendAlive(document.hidden);
  }

  /** The video codec to use where the peer has it too, like 'video/VP9', live; null: the browser's own choice. */
  setVideoCodec(mimeType: string | null): void {
    if (mimeType === this.#sending.codec) return;
    this.#sending = { ...this.#sending, codec: mimeType };
    for (const link of this.#links.values()) link.preferCodec();
  }

  /** Round trip to the server and back over the signaling, in milliseconds. Never resolves once the call is left. */
  ping(): Promise<number> {
    return new Promise((resolve) => {
      let sentAtMs = performance.now();
      const off = this.on('signal', ({ message: { type } }) => {
        if (type === 'ping') sentAtMs = performance.now();
        if (type !== 'pong') return;
        off();
        resolve(performance.now() - sentAtMs);
      });
      this.#signaling.ping();
    });
  }

  /** Looks for a better path, or for any. */
  restartIce(): void {
    for (const link of this.#links.values()) link.restartIce();
  }

  /**
   * Leaves the room and stops the person's devices. A LocalMedia that was given to `join` can be
   * started again.
   */
  leave(): void {
    this.#signaling.leave();
  }

  /** Statistics of now; also emitted once a second. */
  async stats(): Promise<PeerStats[]> {
    const all = await Promise.all([...this.#links.values()].map((link) => link.stats()));
    return all.filter((stats) => stats !== null);
  }

  get #standing(): Standing {
    const { hand, recording } = this.moderation;
    return { name: this.#name, media: this.media.state, hand, recording };
  }

  #tell(): void {
    this.#signaling.update(this.#standing);
  }

  get #configuration(): RTCConfiguration {
    const { iceTransportPolicy } = this.#options;
    return {
      bundlePolicy: 'max-bundle',
      iceServers: this.#iceServers,
      ...(iceTransportPolicy ? { iceTransportPolicy } : {}),
    };
  }

  /** Everything that must be let go of at the end is begun here. */
  #watch(): void {
    const timer = setInterval(() => this.#tick(), TICK_MS);
    const leave = (): void => this.leave();
    addEventListener('pagehide', leave);
    const { signal } = this.#options;
    const abort = (): void => {
      if (this.#settle) this.leave();
    };
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) queueMicrotask(abort);
    this.#cleanups.push(
      () => clearInterval(timer),
      () => removeEventListener('pagehide', leave),
      () => signal?.removeEventListener('abort', abort),
      watchNetwork((moved) => {
        this.#signaling.probe(moved);
        if (moved) for (const link of this.#links.values()) link.networkChanged();
      }),
      this.media.on('change', ({ kind }) => {
        for (const link of this.#links.values()) link.setTrack(kind);
        this.#tell();
      }),
    );
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#ticks++;
    for (const [id, link] of [...this.#links]) {
      const level = link.tick(nowMs);
      if (this.#links.has(id)) this.#hear(link.peer, level, nowMs);
      if (this.#ticks % ALIVE_TICKS === 0) link.sendAlive(document.hidden);
      if (this.#ticks % STATS_TICKS === 0) void this.#reportStats(link);
    }
    const active = this.#speakers.active(nowMs);
    if (active !== this.#activeSpeaker) {
      this.#activeSpeaker = active;
      this.emit('active-speaker', { peer: this.#peers.get(active ?? '') ?? null });
    }
  }

  #hear(peer: Peer, level: number, nowMs: number): void {
    peer.level = peer.media.microphone ? level : 0;
    if (!this.#speakers.hear(peer.id, peer.level, nowMs)) return;
    peer.speaking = this.#speakers.speaking(peer.id);
    this.emit('peer-changed', { peer });
  }

  async #reportStats(link: Link): Promise<void> {
    const stats = await link.stats();
    if (stats) this.emit('stats', { peer: link.peer, stats });
  }

  #onState(state: CallState, reason?: EndReason, message?: string): void {
    if (state === 'left') this.#release();
    const settle = this.#settle;
    if (settle && state === 'left') {
      this.#settle = null;
      settle.reject(new JoinError(reason ?? 'left', message || 'The call was left.'));
    } else if (!settle) {
      this.emit('state', { state, ...(reason ? { reason } : {}) });
    }
  }

  #onWelcome(welcome: Welcome): void {
    this.#id = welcome.self;
    this.#maxPeers = welcome.max_peers;
    this.#useIceServers(welcome.ice_servers);
    this.moderation.welcome(welcome, [...this.#peers.keys()]);
    if (!welcome.resumed) this.#onRoom(welcome.peers ?? []);
    if (!this.#settle) this.#onReturn();
    const settle = this.#settle;
    if (!settle) return;
    this.#settle = null;
    performance.mark('parley:welcome');
    settle.resolve(this);
    // Tracks of those who were here came before anybody could listen.
    setTimeout(() => {
      for (const peer of this.#peers.values()) if (peer.stream.active) this.emit('tracks-changed', { peer });
    });
  }

  /** Signaling goes on over a new socket: what could not be mended without it is mended now. */
  #onReturn(): void {
    this.#returnedAtMs = performance.now();
    for (const link of this.#links.values()) link.tick(this.#returnedAtMs);
  }

  /** Who is there, by a server that has just met us. */
  #onRoom(infos: readonly PeerInfo[]): void {
    for (const [id, link] of [...this.#links]) if (!infos.some((info) => info.id === id)) link.orphaned();
    for (const info of infos) this.#onPeer(info);
  }

  #onPeer(info: PeerInfo): void {
    const known = this.#links.get(info.id);
    if (known) {
      known.rejoined(info);
      return this.emit('peer-changed', { peer: known.peer });
    }
    const peer = new Peer(info.id);
    const link = new Link(peer, info, this.#linkHost(peer));
    this.#peers.set(info.id, peer);
    this.#links.set(info.id, link);
    for (const channel of this.#channels.values()) link.open(channel);
    link.begin(info);
    this.emit('peer-joined', { peer });
  }

  #linkHost(peer: Peer): LinkHost {
    return {
      newPC: () => {
        const pc = this.#newPC();
        this.emit('connection', { peer, pc });
        return pc;
      },
      reachable: () => this.#signaling.state === 'connected',
      returnedAtMs: () => this.#returnedAtMs,
      localTrack: (kind) => this.media.track(kind),
      cameraLines: () => this.media.cameraLines,
      sending: () => this.#sending,
      receiving: () => this.#receiving,
      send: (message) => this.#signaling.send(message),
      channel: (label) => this.#channels.get(label),
      // What keeps media from coming through may have taken the socket too.
      suspect: () => this.#signaling.probe(false),
      changed: () => this.#onPeerChanged(peer),
      tracksChanged: () => this.emit('tracks-changed', { peer }),
      gone: (reason) => this.#remove(peer.id, reason),
      failed: (error) => this.emit('error', { error }),
    };
  }

  #newPC(): RTCPeerConnection {
    const pc = this.#spare ?? new RTCPeerConnection(this.#configuration);
    if (this.#spare) pc.setConfiguration(this.#configuration);
    this.#spare = null;
    return pc;
  }

  #onPeerChanged(peer: Peer): void {
    this.emit('peer-changed', { peer });
    this.#updatePath();
  }

  #updatePath(): void {
    const path = worstPath([...this.#peers.values()].map((other) => other.path));
    if (samePath(path, this.#path)) return;
    this.#path = path;
    this.emit('path', { path });
  }

  #onMessage(message: Delivered): void {
    switch (message.type) {
      case 'peer-joined': return this.#onPeer(message.peer);
      case 'ice-servers': return this.#useIceServers(message.ice_servers);
      case 'peer-left':
        if (message.reason === 'lost') return this.#links.get(message.peer)?.orphaned();
        return this.#remove(message.peer, message.reason);
      case 'peer-away': return this.#links.get(message.peer)?.setPresence('away');
      case 'peer-back': return this.#links.get(message.peer)?.setPresence('present');
      case 'peer-updated': {
        if (this.moderation.updated(message)) return;
        const peer = this.#peers.get(message.peer);
        if (!peer) return;
        peer.inform(message);
        if (peer.arrangeStreams()) this.emit('tracks-changed', { peer });
        return this.emit('peer-changed', { peer });
      }
      default:
        if (!this.moderation.handle(message)) this.#links.get(message.from ?? '')?.handle(message);
    }
  }

  #useIceServers(servers: readonly ICEServer[]): void {
    if (this.#options.iceServers) return;
    this.#iceServers = servers.map((server) => ({ ...server }));
    for (const link of this.#links.values()) link.configure(this.#configuration);
  }

  #streams(label: string): Map<string, OutboundStream> {
    const streams = new Map<string, OutboundStream>();
    for (const [id, link] of this.#links) {
      const stream = link.stream(label);
      if (stream) streams.set(id, stream);
    }
    return streams;
  }

  #remove(id: string, reason: 'bye' | 'lost' | 'removed'): void {
    const link = this.#links.get(id);
    if (!link) return;
    this.#links.delete(id);
    this.#peers.delete(id);
    this.#speakers.forget(id);
    link.close();
    this.emit('peer-left', { peer: link.peer, reason });
    this.#updatePath();
  }

  #release(): void {
    this.moderation.refused('The call was left.');
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#peers.clear();
    for (const channel of [...this.#channels.values()]) channel.close();
    this.#spare?.close();
    this.#spare = null;
    // Devices of a person who was not let in go on: the next try may have the right password.
    if (!this.#settle) for (const kind of ['microphone', 'camera', 'screen'] as const) this.media.stop(kind);
    if (this.#ownsMedia) this.media.close();
  }
}

/** What the server accepts: 64 signs, none of them controlling. */
function cleanName(name: string): string {
  return [...name.replace(/[\p{Cc}\u2028\u2029\p{Bidi_Control}]/gu, ' ').trim()].slice(0, MAX_NAME_RUNES).join('').trim();
}
