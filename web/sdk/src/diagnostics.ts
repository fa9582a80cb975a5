/**
 * What happened in a call, for whoever has to find out why: every event of the signaling and of each
 * RTCPeerConnection, the descriptions, and all statistics once a second. An entry point of its own:
 *
 *     import { Diagnostics } from '@parley/client/diagnostics';
 *     const diagnostics = new Diagnostics(call);
 *     ... JSON.stringify(diagnostics.export({ redact: true }))
 *
 * The format is docs/internals-format.md. Bounded: the oldest is dropped first.
 */

import type { Call } from './call.js';
import { Emitter } from './emitter.js';
import type { Peer } from './peer.js';
import { AddressMask, withoutCredentials, withoutPassword } from './redact.js';
import { Samples, type Sample, type SampleHistory } from './samples.js';

export { Replay, samplesOf, type Sample, type SampleHistory, type StatHistory, type Value } from './samples.js';
export type { Stat } from './stat.js';

const FORMAT = 'parley-internals/1';
const EVENTS_MAX = 4000;
/** Signs of all that the events hold. */
const EVENTS_SIGNS_MAX = 8 << 20;
/** Ten minutes. */
const SAMPLES_MAX = 600;
/** With statistics of their own; the oldest closed ones go first. */
const CONNECTIONS_MAX = 24;

/** Something that happened. `type` is the name that the API or the signaling has for it. */
export interface DiagnosticEvent {
  /** Milliseconds since 1970. */
  atMs: number;
  /** Of a connection: its number. */
  connection?: number;
  peer?: string;
  type: string;
  data?: unknown;
}

/** One RTCPeerConnection of the call. They are numbered from 1. */
export interface DiagnosticConnection { number: number; peer: string; beganAtMs: number; endedAtMs: number | null; configuration: object }

/** All that is known of a call, as docs/internals-format.md describes it. Times are milliseconds since 1970. */
export interface DiagnosticReport {
  format: typeof FORMAT;
  createdAt: string;
  userAgent: string;
  redacted: boolean;
  beganAtMs: number;
  self: string;
  people: Record<string, { name: string }>;
  eventsDropped: number;
  events: DiagnosticEvent[];
  connections: (DiagnosticConnection & SampleHistory)[];
}

/** Events of Diagnostics, for a page that shows them as they come. */
export interface DiagnosticsEvents {
  event: DiagnosticEvent;
  connection: DiagnosticConnection;
  sample: { connection: number; sample: Sample };
}

interface Watched { info: DiagnosticConnection; pc: RTCPeerConnection; samples: Samples; stop: () => void }

/** Records what happens in a call, from its making on. Bounded: the oldest is dropped first. */
export class Diagnostics extends Emitter<DiagnosticsEvents> {
  readonly #call: Call;
  readonly #beganAtMs = Date.now();
  readonly #events: DiagnosticEvent[] = [];
  readonly #sizes: number[] = [];
  readonly #connections: Watched[] = [];
  readonly #people: Record<string, { name: string }> = {};
  readonly #cleanups: (() => void)[] = [];
  #signs = 0;
  #dropped = 0;
  #count = 0;

  constructor(call: Call) {
    super();
    this.#call = call;
    this.#watchCall();
    this.#watchPage();
    for (const peer of call.peers.values()) {
      this.#meet(peer);
      const connection = call.connectionWith(peer.id);
      if (connection) this.#watch(peer, connection.pc);
    }
  }

  /** All that is known, as plain JSON. `redact`: without addresses and names. */
  export({ redact = false } = {}): DiagnosticReport {
    const report: DiagnosticReport = {
      format: FORMAT,
      createdAt: new Date().toISOString(),
      userAgent: navigator.userAgent,
      redacted: redact,
      beganAtMs: this.#beganAtMs,
      self: this.#call.id,
      people: redact ? {} : { ...this.#people },
      eventsDropped: this.#dropped,
      events: [...this.#events],
      connections: this.#connections.map(({ info, samples }) => ({ ...info, ...samples.export() })),
    };
    if (!redact) return report;
    const mask = new AddressMask();
    return { ...report, events: mask.of(report.events), connections: mask.of(report.connections) };
  }

  /** Stops listening; what is known can still be exported. */
  close(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    for (const { stop } of this.#connections) stop();
    this.forgetListeners();
  }

  #watchCall(): void {
    const call = this.#call;
    this.#cleanups.push(
      call.on('state', (event) => this.#log({ type: 'call-state', data: event })),
      call.on('peer-joined', ({ peer }) => this.#meet(peer)),
      call.on('peer-left', ({ peer, reason }) => this.#log({ type: 'peer-left', peer: peer.id, data: { reason } })),
      call.on('path', ({ path }) => this.#log({ type: 'path', data: path })),
      call.on('error', ({ error }) => this.#log({ type: 'error', data: { name: error.name, message: error.message } })),
      call.on('signal', ({ direction, message }) => this.#log({ type: `signal-${direction}`, data: outline(message) })),
      call.on('connection', ({ peer, pc }) => this.#watch(peer, pc)),
      call.on('stats', ({ peer }) => this.#sample(peer)),
      call.media.on('change', ({ kind }) => this.#log({ type: 'media', data: { kind, ...call.media.state } })),
      call.media.on('devices', ({ devices }) => this.#log({ type: 'devices', data: devices.map(({ kind, label }) => ({ kind, label })) })),
      call.media.on('device-lost', ({ kind, label, replacedBy }) => this.#log({ type: 'device-lost', data: { kind, label, replacedBy: replacedBy?.label ?? null } })),
      call.media.on('device-failed', (event) => this.#log({ type: 'device-failed', data: event })),
    );
  }

  #watchPage(): void {
    const listen = (target: EventTarget, type: string, data: () => unknown): void => {
      const listener = (): void => this.#log({ type, data: data() });
      target.addEventListener(type, listener);
      this.#cleanups.push(() => target.removeEventListener(type, listener));
    };
    listen(document, 'visibilitychange', () => ({ visibility: document.visibilityState }));
    listen(globalThis, 'online', () => undefined);
    listen(globalThis, 'offline', () => undefined);
  }

  #meet(peer: Peer): void {
    this.#people[peer.id] = { name: peer.name };
    this.#log({ type: 'peer-joined', peer: peer.id });
  }

  #watch(peer: Peer, pc: RTCPeerConnection): void {
    if (this.#connections.some((known) => known.pc === pc)) return;
    const info: DiagnosticConnection = {
      number: ++this.#count, peer: peer.id, beganAtMs: Date.now(), endedAtMs: null, configuration: withoutCredentials(pc.getConfiguration()),
    };
    const log = (type: string, data?: unknown): void => {
      this.#log({ connection: info.number, peer: peer.id, type, ...(data === undefined ? {} : { data }) });
    };
    const stop = watchConnection(pc, log, () => { info.endedAtMs = Date.now(); });
    this.#connections.push({ info, pc, samples: new Samples(SAMPLES_MAX), stop });
    if (this.#connections.length > CONNECTIONS_MAX) {
      const old = this.#connections.findIndex((known) => known.info.endedAtMs !== null);
      this.#connections.splice(Math.max(0, old), 1)[0]?.stop();
    }
    this.emit('connection', { ...info });
  }

  #sample(peer: Peer): void {
    const connection = this.#call.connectionWith(peer.id);
    const watched = this.#connections.find(({ pc }) => pc === connection?.pc);
    if (!watched || !connection?.report) return;
    this.emit('sample', { connection: watched.info.number, sample: watched.samples.add(Date.now(), connection.report) });
  }

  #log(event: Omit<DiagnosticEvent, 'atMs'>): void {
    const logged: DiagnosticEvent = { atMs: Date.now(), ...event };
    const size = JSON.stringify(logged).length;
    this.#events.push(logged);
    this.#sizes.push(size);
    this.#signs += size;
    while (this.#events.length > EVENTS_MAX || this.#signs > EVENTS_SIGNS_MAX) {
      this.#events.shift();
      this.#signs -= this.#sizes.shift() ?? 0;
      this.#dropped++;
    }
    this.emit('event', logged);
  }
}

/** Of a message of the signaling what is no secret and not said elsewhere. */
function outline(message: { type: string }): Record<string, unknown> {
  const told = ['type', 'seq', 'from', 'to', 'peer', 'reason', 'code', 'message', 'first', 'resumed', 'received', 'connection', 'self', 'retry_ms'];
  const entries = Object.entries(message).filter(([name, value]) => told.includes(name) && typeof value !== 'object');
  return Object.fromEntries(entries);
}

type Log = (type: string, data?: unknown) => void;

/** Logs what happens to a connection and what is done with it, under the names of the API. */
function watchConnection(pc: RTCPeerConnection, log: Log, ended: () => void): () => void {
  const cleanups: (() => void)[] = [];
  const listen = <E extends Event>(target: EventTarget, type: string, data: (event: E) => unknown): void => {
    const listener = (event: Event): void => log(type, data(event as E));
    target.addEventListener(type, listener);
    cleanups.push(() => target.removeEventListener(type, listener));
  };
  log('created', { ...withoutCredentials(pc.getConfiguration()) });
  for (const [side, description] of [['setRemoteDescription', pc.remoteDescription], ['setLocalDescription', pc.localDescription]] as const) {
    if (description) log(side, told(description));
  }
  listen(pc, 'signalingstatechange', () => pc.signalingState);
  listen(pc, 'icegatheringstatechange', () => pc.iceGatheringState);
  listen(pc, 'iceconnectionstatechange', () => pc.iceConnectionState);
  listen(pc, 'connectionstatechange', () => pc.connectionState);
  listen(pc, 'negotiationneeded', () => undefined);
  listen<RTCPeerConnectionIceEvent>(pc, 'icecandidate', ({ candidate }) => candidate?.toJSON() ?? null);
  listen<RTCPeerConnectionIceErrorEvent>(pc, 'icecandidateerror', ({ address, port, url, errorCode, errorText }) => ({ address, port, url, errorCode, errorText }));
  listen<RTCTrackEvent>(pc, 'track', ({ track, transceiver }) => ({ kind: track.kind, mid: transceiver.mid }));
  listen<RTCDataChannelEvent>(pc, 'datachannel', ({ channel }) => {
    watchChannel(channel, listen);
    return channelInfo(channel);
  });
  cleanups.push(wrap(pc, log, listen, ended));
  return () => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  };
}

/** What the page does with it; there is no event that would say so. Each call goes on unchanged. */
function wrap(pc: RTCPeerConnection, log: Log, listen: Parameters<typeof watchChannel>[1], ended: () => void): () => void {
  const failed = (name: string) => (error: unknown): void => log(`${name}.failed`, String(error));
  const setLocal = pc.setLocalDescription.bind(pc);
  pc.setLocalDescription = (description) => {
    const done = setLocal(description);
    done.then(() => log('setLocalDescription', pc.localDescription && told(pc.localDescription)), failed('setLocalDescription'));
    return done;
  };
  const setRemote = pc.setRemoteDescription.bind(pc);
  pc.setRemoteDescription = (description) => {
    const done = setRemote(description);
    done.then(() => log('setRemoteDescription', told(description)), failed('setRemoteDescription'));
    return done;
  };
  const addCandidate = pc.addIceCandidate.bind(pc);
  pc.addIceCandidate = (candidate?: RTCIceCandidateInit | null) => {
    const done = addCandidate(candidate ?? undefined);
    done.then(() => log('addIceCandidate', candidate), failed('addIceCandidate'));
    return done;
  };
  const createChannel = pc.createDataChannel.bind(pc);
  pc.createDataChannel = (label, init) => {
    const channel = createChannel(label, init);
    log('createDataChannel', channelInfo(channel));
    watchChannel(channel, listen);
    return channel;
  };
  const restartIce = pc.restartIce.bind(pc);
  pc.restartIce = () => {
    log('restartIce');
    restartIce();
  };
  const close = pc.close.bind(pc);
  pc.close = () => {
    log('close');
    ended();
    close();
  };
  return () => Object.assign(pc, {
    setLocalDescription: setLocal, setRemoteDescription: setRemote, addIceCandidate: addCandidate, createDataChannel: createChannel, restartIce, close,
  });
}

function watchChannel(channel: RTCDataChannel, listen: (target: EventTarget, type: string, data: (event: Event) => unknown) => void): void {
  for (const type of ['open', 'closing', 'close', 'error']) {
    listen(channel, type, (event) => ({ channel: channel.label, ...errorOf(event) }));
  }
}

/** Firefox fires a plain event. */
function errorOf(event: Event): object {
  if (!('error' in event) || !(event.error instanceof Error)) return {};
  return { error: event.error.message, ...('errorDetail' in event.error ? { detail: event.error.errorDetail } : {}) };
}

function channelInfo({ label, id, ordered, maxRetransmits, maxPacketLifeTime, protocol }: RTCDataChannel): object {
  return { label, id, ordered, maxRetransmits, maxPacketLifeTime, protocol };
}

function told({ type, sdp = '' }: RTCSessionDescriptionInit | RTCSessionDescription): object {
  return { type, sdp: withoutPassword(sdp) };
}
