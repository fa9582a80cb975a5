/**
 * When is a connection in trouble, and what is to be done about it? A pure decision, taken at each tick.
 *
 * Trouble is silence although something was to be heard, or what ICE itself reports. Silence is seen
 * within a second, long before ICE gives up. The first answer is an ICE restart, which keeps the
 * old path while it looks for another; it is repeated with growing pauses. When that has not helped for
 * some ten seconds the impolite side builds a new connection, and if it did not either, the polite one.
 */

import type { PeerConnectionState } from './types.js';

const SILENT_MS = 800;
/** Nothing but our own heartbeats flows, two a second, and two in a row may be lost. */
const SILENT_WITHOUT_MEDIA_MS = 1_700;
/** A hidden page's timers run once a second. */
const SILENT_HIDDEN_MS = 2_700;
const SHOWN_AFTER_MS = 1_500;
const CONNECT_MS = 8_000;
/** Between restarts, growing. Firefox loses both paths when it is restarted before it has found one. */
const RESTART_PAUSE_MS = 2_000;
const RESTART_PAUSE_MS_MAX = 4_000;
/**
 * Both see the same silence. Two restarts at once would undo each other, and after the rollback of a
 * restart Firefox may need seconds to send again, so the impolite goes first.
 */
const COURTESY_MS = 1_500;
const REPLACE_AFTER_MS = 11_000;
const REPLACE_AFTER_POLITE_MS = 20_000;

export interface Observation {
  nowMs: number;
  /** Since when nothing is heard; null if nothing ever was, so that silence says nothing. */
  silentMs: number | null;
  mediaFlowed: boolean;
  remoteHidden: boolean;
  ice: RTCIceConnectionState;
  polite: boolean;
  /** An offer of ours awaits its answer: a restart now would only wait behind it. */
  offering: boolean;
  /** The peer can be reached by signaling. */
  reachable: boolean;
  /** The peer's own signaling is gone. */
  away: boolean;
}

export type Remedy = 'restart' | 'replace';

export class Recovery {
  #connectedOnce = false;
  #startedAtMs: number;
  #troubleAtMs: number | null = null;
  #restarts = 0;
  #nextRestartAtMs = 0;

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
  }

  /** Something just happened that makes an attempt worthwhile at once. */
  hurry(): void {
    this.#nextRestartAtMs = 0;
  }

  /** Offer and answer are in place, maybe of a restart: it gets time to find its path. */
  negotiated(nowMs: number): void {
    this.#nextRestartAtMs = nowMs + this.#pauseMs;
  }

  /** A new RTCPeerConnection takes over. */
  replaced(nowMs: number): void {
    this.#startedAtMs = nowMs;
    this.#troubleAtMs = null;
    this.#nextRestartAtMs = 0;
  }

  observe(o: Observation): { state: PeerConnectionState; trouble: boolean; remedy: Remedy | null } {
    const connected = o.ice === 'connected' || o.ice === 'completed';
    this.#connectedOnce ||= connected;
    const trouble = this.#inTrouble(o, connected);
    if (!trouble) {
      this.#troubleAtMs = null;
      this.#restarts = 0;
      return { state: this.#calm(o, connected), trouble, remedy: null };
    }
    this.#troubleAtMs ??= o.nowMs;
    return { state: this.#troubled(o), trouble, remedy: this.#remedy(o, this.#troubleAtMs) };
  }

  #inTrouble(o: Observation, connected: boolean): boolean {
    if (o.ice === 'failed' || o.ice === 'closed') return true;
    if (o.silentMs === null) return !connected && o.nowMs - this.#startedAtMs > CONNECT_MS;
    const limit = o.mediaFlowed ? SILENT_MS : o.remoteHidden ? SILENT_HIDDEN_MS : SILENT_WITHOUT_MEDIA_MS;
    return o.silentMs > limit || (o.ice === 'disconnected' && o.silentMs > SILENT_MS / 2);
  }

  #calm(o: Observation, connected: boolean): PeerConnectionState {
    if (connected || o.silentMs !== null) return 'connected';
    return this.#connectedOnce ? 'reconnecting' : 'connecting';
  }

  #troubled(o: Observation): PeerConnectionState {
    if (!this.#connectedOnce) return 'connecting';
    const silentMs = o.silentMs ?? Infinity;
    if (o.away && silentMs > SILENT_MS) return 'lost';
    return silentMs > SHOWN_AFTER_MS || o.ice === 'failed' ? 'reconnecting' : 'connected';
  }

  #remedy(o: Observation, troubleAtMs: number): Remedy | null {
    if (o.away || !o.reachable) return null;
    const forMs = o.nowMs - troubleAtMs;
    if (o.ice === 'closed' || forMs > (o.polite ? REPLACE_AFTER_POLITE_MS : REPLACE_AFTER_MS)) return 'replace';
    if (o.offering || o.nowMs < this.#nextRestartAtMs) return null;
    if (this.#restarts === 0 && o.polite && forMs < COURTESY_MS) return null;
    this.#restarts++;
    this.#nextRestartAtMs = o.nowMs + this.#pauseMs;
    return 'restart';
  }

  get #pauseMs(): number {
    return Math.min(RESTART_PAUSE_MS_MAX, RESTART_PAUSE_MS + 1_000 * this.#restarts);
  }
}
