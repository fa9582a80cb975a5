/**
 * The signaling session as a reducer: (state, event) -> [state, effects]. No socket, clock or dice in
 * here; signaling.ts carries the effects out.
 *
 *     none --open--> opening --opened--> greeting --welcome--> ready --closed--> none ...
 *                                           |                    ^
 *                                           +-waiting-> waiting -+ welcome
 *
 * A session survives its socket. Both sides number what must not be lost, keep it until it is
 * acknowledged, and after a resume send again what the other has not got.
 */

import {
  ACK_EVERY, MAX_UNACKED_BYTES, MAX_UNACKED_MESSAGES, PING_ACTIVE_MS, PING_IDLE_MS, PONG_TIMEOUT_MS,
} from './protocol.gen.js';
import type {
  Answer, Candidate, ChangeSettings, ClientMessage, EndOfCandidates, ErrorCode, Hello, ICEServers, Invite, Invited, Knock,
  KnockGone, MediaState, Moderate, Moderated, Offer, PeerAway, PeerBack, PeerJoined, PeerLeft, PeerUpdated, Reset,
  RoleChanged, ServerMessage, Settings, Update, Waiting, Welcome, Error as ErrorMessage,
} from './protocol.gen.js';
import type { CallState, EndReason } from './types.js';

export const RETRY_MS_MIN = 200;
export const RETRY_MS_MAX = 5_000;
/** From a probe to the verdict that the socket is dead. */
export const PROBE_MS = 700;
/** From opening a socket to its welcome; grows with each attempt. */
export const HANDSHAKE_MS = 4_000;
/** A first join that found no server until then has failed. */
export const GIVE_UP_MS = 10_000;
/** In a row, before the server and we are thought not to understand each other. */
const REFUSALS_MAX = 4;

type NumberedClient =
  | Offer | Answer | Candidate | EndOfCandidates | Reset | Update | ChangeSettings | Moderate | Invite;
type Unnumbered<M> = M extends unknown ? Omit<M, 'seq'> : never;
/** What a caller sends; the session gives the number. */
export type Outgoing = Unnumbered<NumberedClient>;
/** What arrives in order, exactly once per session. */
export type Delivered =
  | PeerJoined | PeerUpdated | PeerAway | PeerBack | PeerLeft
  | Offer | Answer | Candidate | EndOfCandidates | Reset | ICEServers
  | Settings | Knock | KnockGone | Moderated | RoleChanged | Invited;

/** What somebody says about itself. */
export interface Standing {
  readonly name: string;
  readonly media: MediaState;
  /** 0: down. Otherwise the number that the server gave it, or one that is larger than all. */
  readonly hand: number;
  readonly recording: boolean;
}

/** What a hello says that stays the same. */
export type Visit = Pick<Hello, 'room' | 'secret' | 'client' | 'host_key' | 'password' | 'invite'>;

export type TimerName = 'retry' | 'deadline' | 'silence' | 'give-up';

export type SessionEvent =
  | { type: 'start' }
  | { type: 'opened' }
  | { type: 'message'; message: ServerMessage }
  /** The socket is gone, or sent what is not a message. `random` is in [0, 1). */
  | { type: 'closed'; random: number }
  | { type: 'timer'; timer: TimerName; random: number }
  | { type: 'send'; message: Outgoing }
  | { type: 'update'; standing: Standing }
  /** The network may have changed. `moved`: it certainly has. */
  | { type: 'probe'; moved: boolean }
  | { type: 'leave' };

export type Effect =
  | { type: 'open' }
  | { type: 'close' }
  | { type: 'write'; message: ClientMessage }
  | { type: 'timer'; timer: TimerName; ms: number }
  | { type: 'cancel'; timer: TimerName }
  | { type: 'welcome'; welcome: Welcome }
  | { type: 'waiting' }
  | { type: 'deliver'; message: Delivered }
  | { type: 'warn'; code: ErrorCode; message: string }
  | { type: 'state'; state: CallState; reason?: EndReason; message?: string };

export interface SessionState {
  readonly state: CallState;
  readonly socket: 'none' | 'opening' | 'greeting' | 'waiting' | 'ready';
  readonly visit: Visit;
  readonly standing: Standing;
  /** The standing of the last hello, as JSON: what the server believes after a fresh welcome. */
  readonly told: string;
  readonly welcomed: boolean;
  /** Nothing was given up that a resume would need. */
  readonly resumable: boolean;
  readonly sent: number;
  readonly outbox: readonly NumberedClient[];
  readonly outboxBytes: number;
  readonly received: number;
  readonly acked: number;
  readonly attempts: number;
  readonly refusals: number;
  readonly others: readonly string[];
  /** A probe is out: another one must not give the socket more time. */
  readonly probing: boolean;
}

export function newSession(visit: Visit, standing: Standing): SessionState {
  return {
    state: 'connecting', socket: 'none', visit, standing, told: '', welcomed: false, resumable: false, sent: 0,
    outbox: [], outboxBytes: 0, received: 0, acked: 0, attempts: 0, refusals: 0, others: [],
    probing: false,
  };
}

type Step = [SessionState, Effect[]];

export function reduce(s: SessionState, event: SessionEvent): Step {
  if (s.state === 'left') return [s, []];
  switch (event.type) {
    case 'start': {
      const [next, effects] = open(s);
      return [next, [{ type: 'timer', timer: 'give-up', ms: GIVE_UP_MS }, ...effects]];
    }
    case 'opened': return onOpened(s);
    case 'message': return onMessage(s, event.message);
    case 'closed': return onClosed(s, event.random);
    case 'timer': return onTimer(s, event.timer, event.random);
    case 'send': return send(s, event.message);
    case 'update': return onUpdate(s, event.standing);
    case 'probe': return onProbe(s, event.moved);
    case 'leave': {
      const bye: Effect[] = s.socket === 'ready' || s.socket === 'waiting' ? [{ type: 'write', message: { type: 'bye' } }] : [];
      return end(s, 'left', '', bye);
    }
  }
}

function open(s: SessionState): Step {
  const ms = Math.min(HANDSHAKE_MS + 2_000 * s.attempts, 10_000);
  return [
    { ...s, socket: 'opening', attempts: s.attempts + 1 },
    [{ type: 'cancel', timer: 'retry' }, { type: 'open' }, { type: 'timer', timer: 'deadline', ms }],
  ];
}

function onOpened(s: SessionState): Step {
  if (s.socket !== 'opening') return [s, []];
  const { name, media, hand, recording } = s.standing;
  const hello: Hello = {
    type: 'hello', ...s.visit, name, media, ...(hand ? { hand } : {}), ...(recording ? { recording } : {}),
  };
  if (s.resumable) hello.resume = { received: s.received };
  return [{ ...s, socket: 'greeting', told: told(s.standing) }, [{ type: 'write', message: hello }]];
}

/** Which number a hand has is for the server to say. */
function told({ name, media, hand, recording }: Standing): string {
  return JSON.stringify([name, media, hand > 0, recording]);
}

function onMessage(s: SessionState, message: ServerMessage): Step {
  if (message.type === 'welcome') return s.socket === 'greeting' || s.socket === 'waiting' ? onWelcome(s, message) : [s, []];
  if (message.type === 'waiting') return s.socket === 'greeting' ? onWaiting(s) : [s, []];
  if (message.type === 'error' && message.fatal) return onRefused(s, message);
  if (s.socket !== 'ready' && s.socket !== 'waiting') return [s, []];
  const [next, effects] = onReadyMessage({ ...s, probing: false }, message);
  return [next, [...alive(next), ...effects]];
}

/** A host has to let us in, however long that takes. */
function onWaiting(s: SessionState): Step {
  const next: SessionState = { ...s, socket: 'waiting', attempts: 0, refusals: 0, resumable: false, received: 0 };
  return [next, [{ type: 'cancel', timer: 'give-up' }, ...alive(next), { type: 'waiting' }]];
}

/** Whatever arrives shows that the socket lives. */
function alive(s: SessionState): Effect[] {
  const ms = (s.others.length > 0 || s.socket === 'waiting' ? PING_ACTIVE_MS : PING_IDLE_MS) + PONG_TIMEOUT_MS;
  return [{ type: 'cancel', timer: 'deadline' }, { type: 'timer', timer: 'silence', ms }];
}

function onReadyMessage(s: SessionState, message: Exclude<ServerMessage, Welcome | Waiting>): Step {
  switch (message.type) {
    case 'ping': return [forget(s, message.received), [{ type: 'write', message: { type: 'pong', received: s.received } }]];
    case 'pong':
    case 'ack': return [forget(s, message.received), []];
    case 'error': return [s, [{ type: 'warn', code: message.code, message: message.message }]];
    // With or without a reason the socket closes next, and we come again by ourselves.
    case 'bye': return [s, []];
    default: return onNumbered(s, message);
  }
}

function onNumbered(s: SessionState, message: Delivered): Step {
  if (message.seq <= s.received) return [s, []]; // sent again after a resume, and known
  if (message.seq !== s.received + 1) {
    // Cannot happen with a working server. A resume brings what is missing.
    return closed(s, 0, [{ type: 'close' }]);
  }
  const effects: Effect[] = [];
  let next: SessionState = { ...s, received: message.seq, others: othersAfter(s.others, message) };
  if (next.received - next.acked >= ACK_EVERY) {
    next = { ...next, acked: next.received };
    effects.push({ type: 'write', message: { type: 'ack', received: next.received } });
  }
  return [next, [...effects, { type: 'deliver', message }]];
}

function othersAfter(others: readonly string[], message: Delivered): readonly string[] {
  if (message.type === 'peer-joined') return [...others.filter((id) => id !== message.peer.id), message.peer.id];
  return message.type === 'peer-left' ? others.filter((id) => id !== message.peer) : others;
}

/** Lets go of what the server has got. */
function forget(s: SessionState, received: number): SessionState {
  const outbox = s.outbox.filter((message) => message.seq > received);
  if (outbox.length === s.outbox.length) return s;
  return { ...s, outbox, outboxBytes: outbox.reduce((sum, message) => sum + sizeOf(message), 0) };
}

function sizeOf(message: NumberedClient): number {
  return 'sdp' in message ? message.sdp.length + 512 : 512;
}

function onWelcome(s: SessionState, welcome: Welcome): Step {
  const base: SessionState = {
    ...s, state: 'connected', socket: 'ready', welcomed: true, resumable: true, attempts: 0, refusals: 0,
    probing: false,
  };
  const begin: Effect[] = [{ type: 'cancel', timer: 'give-up' }];
  if (s.state !== 'connected') begin.push({ type: 'state', state: 'connected' });
  if (welcome.resumed) {
    const next = forget({ ...base, acked: s.received }, welcome.received);
    const again = next.outbox.map((message): Effect => ({ type: 'write', message }));
    return [next, [...begin, ...alive(next), ...again, { type: 'welcome', welcome }]];
  }
  const fresh: SessionState = {
    ...base, sent: 0, outbox: [], outboxBytes: 0, received: 0, acked: 0,
    others: (welcome.peers ?? []).map((peer) => peer.id),
  };
  const effects: Effect[] = [...begin, ...alive(fresh), { type: 'welcome', welcome }];
  if (told(fresh.standing) === fresh.told) return [fresh, effects];
  const [next, more] = onUpdate(fresh, fresh.standing, true);
  return [next, [...effects, ...more]];
}

const REASONS: Partial<Record<ErrorCode, EndReason>> = {
  'room-full': 'room-full', 'replaced': 'replaced', 'server-full': 'server-full', 'locked': 'locked', 'denied': 'denied',
  'password-required': 'password-required', 'password-wrong': 'password-wrong', 'invite-required': 'invite-required',
  'invite-expired': 'invite-expired', 'removed': 'removed', 'ended': 'ended',
};

function onRefused(s: SessionState, error: ErrorMessage): Step {
  const reason = REASONS[error.code];
  // A full server may have room again after its restart has settled: who was in a call stays in it.
  if (reason && !(reason === 'server-full' && s.welcomed)) return end(s, reason, error.message, []);
  if (!s.welcomed && error.code === 'rate-limited') return end(s, 'rate-limited', error.message, []);
  if (!s.welcomed && (error.code === 'bad-message' || error.code === 'too-large')) return end(s, 'rejected', error.message, []);
  if (s.refusals + 1 >= REFUSALS_MAX) return end(s, 'protocol-error', error.message, []);
  // "With Fatal the server closes the socket after it and a resume will not help."
  const next = { ...s, resumable: false, refusals: s.refusals + 1, attempts: Math.max(s.attempts, 3) };
  return closed(next, 0.5, [{ type: 'close' }, { type: 'warn', code: error.code, message: error.message }]);
}

function onClosed(s: SessionState, random: number): Step {
  return s.socket === 'none' ? [s, []] : closed(s, random, []);
}

function closed(s: SessionState, random: number, first: Effect[]): Step {
  const effects: Effect[] = [...first, { type: 'cancel', timer: 'deadline' }, { type: 'cancel', timer: 'silence' }];
  const state: CallState = s.welcomed ? 'reconnecting' : 'connecting';
  if (s.socket === 'waiting' && !s.welcomed) effects.push({ type: 'timer', timer: 'give-up', ms: GIVE_UP_MS });
  if (state !== s.state) effects.push({ type: 'state', state });
  // At once the first time, but not everybody in the same millisecond.
  const ms = s.attempts === 0
    ? random * (RETRY_MS_MIN / 2)
    : Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (s.attempts - 1)) * (0.5 + random / 2);
  effects.push({ type: 'timer', timer: 'retry', ms });
  return [{ ...s, state, socket: 'none' }, effects];
}

function onTimer(s: SessionState, timer: TimerName, random: number): Step {
  switch (timer) {
    case 'retry': return s.socket === 'none' ? open(s) : [s, []];
    case 'deadline': return s.socket === 'none' ? [s, []] : closed(s, random, [{ type: 'close' }]);
    case 'silence': return s.socket === 'ready' || s.socket === 'waiting' ? [s, ping(s, PONG_TIMEOUT_MS)] : [s, []];
    case 'give-up': return s.welcomed ? [s, []] : end(s, 'server-gone', 'The server does not answer.', []);
  }
}

function ping(s: SessionState, ms: number): Effect[] {
  return [{ type: 'write', message: { type: 'ping', received: s.received } }, { type: 'timer', timer: 'deadline', ms }];
}

function onProbe(s: SessionState, moved: boolean): Step {
  if (!moved && (s.socket === 'ready' || s.socket === 'waiting')) return s.probing ? [s, []] : [{ ...s, probing: true }, ping(s, PROBE_MS)];
  if (!moved && s.socket !== 'none') return [s, []];
  // A socket of the network that was left would only be found dead later.
  const [lost, first] = s.socket === 'none' ? [s, []] : closed(s, 0, [{ type: 'close' }]);
  const [next, effects] = open({ ...lost, attempts: 0 });
  return [next, [...first, ...effects]];
}

function send(s: SessionState, outgoing: Outgoing): Step {
  if (!s.welcomed) return [s, []]; // nobody to send to yet; a fresh session begins from the hello
  const message = { ...outgoing, seq: s.sent + 1 } as NumberedClient;
  const next = {
    ...s, sent: message.seq, outbox: [...s.outbox, message], outboxBytes: s.outboxBytes + sizeOf(message),
  };
  if (s.socket === 'ready') return [next, [{ type: 'write', message }]];
  if (next.outbox.length <= MAX_UNACKED_MESSAGES && next.outboxBytes <= MAX_UNACKED_BYTES) return [next, []];
  return [{ ...next, outbox: [], outboxBytes: 0, resumable: false }, []];
}

function onUpdate(s: SessionState, standing: Standing, force = false): Step {
  const next = { ...s, standing };
  if (!force && told(standing) === told(s.standing)) return [next, []];
  const { name, media, hand, recording } = standing;
  return send(next, { type: 'update', name, media, hand: hand > 0, recording });
}

function end(s: SessionState, reason: EndReason, message: string, first: Effect[]): Step {
  const timers: TimerName[] = ['retry', 'deadline', 'silence', 'give-up'];
  return [
    { ...s, state: 'left', socket: 'none', outbox: [], outboxBytes: 0 },
    [
      ...first, { type: 'close' }, ...timers.map((timer): Effect => ({ type: 'cancel', timer })),
      { type: 'state', state: 'left', reason, message },
    ],
  ];
}
