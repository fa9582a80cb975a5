/**
 * When is a connection in trouble, and what is to be done about it? A pure decision, taken at each tick.
 *
 * Trouble is silence although something was to be heard, or what ICE itself reports. Silence is seen
 * within a second, long before ICE gives up. The answer is an ICE restart, which keeps the old path
 * while it looks for another. When that has not helped soon after it was answered, or is not answered
 * at all, the impolite side builds a new connection, and if it does not either, the polite one. A
 * connection whose DTLS has failed cannot be restarted: whoever sees that replaces it at once. So does
 * who had to open signaling anew since the peer was last heard: its own network is another one, and a
 * new connection finds its way sooner than a restart between two browsers' ideas of it.
 */

import type { PeerConnectionState } from './types.js';

const SILENT_MS = 800;
/** So much silence in flowing media is reason to ask whether the server is still there. */
const SUSPECT_MS = 400;
/** Nothing but our own heartbeats flows, two a second, and two in a row may be lost. */
const SILENT_WITHOUT_MEDIA_MS = 1_700;
/** A hidden page's timers run once a second. */
const SILENT_HIDDEN_MS = 2_700;
const SHOWN_AFTER_MS = 1_500;
/** For a connection that never was. */
const CONNECT_MS = 8_000;
/**
 * Until the follower restarts by itself. Two restarts at once would undo each other, and one of them
 * by the wrong side does harm: Chromium takes the controlling role in a restart that it offers, Firefox
 * keeps the role it has had, and a nomination in a check that brings the conflict to light is lost, so
 * that Chromium stays on the dead path for seconds. Offers of the side that is controlling anyway,
 * which is the one that began the connection, leave the roles as they are.
 */
const COURTESY_MS = 1_500;
/**
 * From a restart's answer to a new connection. Another restart instead would do harm: Firefox that is
 * restarted before it has found a path sends on none.
 */
const REPLACE_AFTER_MS = 2_500;
const REPLACE_AFTER_FOLLOWING_MS = 5_000;
/** An offer without an answer for so long has got lost. */
const UNANSWERED_MS = 10_000;

export interface Observation {
  nowMs: number;
  /** Since when nothing is heard; null if nothing ever was, so that silence says nothing. */
  silentMs: number | null;
  mediaFlowed: boolean;
  remoteHidden: boolean;
  ice: RTCIceConnectionState;
  /** DTLS has failed, which it does in Firefox as soon as the address it sends from is gone. */
  dtlsFailed: boolean;
  /** The other end began this connection. */
  follows: boolean;
  /** An offer of ours awaits its answer. */
  offering: boolean;
  /** When the signaling was last taken up again over a new socket; -Infinity if it never was. */
  returnedAtMs: number;
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
  /** The last restart, or the last time that offer and answer came together. */
  #attemptAtMs = -Infinity;

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
  }

  /** A restart was begun, or offer and answer of one are in place: it gets its time to find a path. */
  attempted(nowMs: number): void {
    this.#attemptAtMs = nowMs;
  }

  /** A new RTCPeerConnection takes over. */
  replaced(nowMs: number): void {
    this.#startedAtMs = nowMs;
    this.#troubleAtMs = null;
    this.#attemptAtMs = -Infinity;
  }

  observe(o: Observation): { state: PeerConnectionState; suspect: boolean; trouble: boolean; remedy: Remedy | null } {
    const connected = o.ice === 'connected' || o.ice === 'completed';
    this.#connectedOnce ||= connected;
    const trouble = this.#inTrouble(o, connected);
    if (!trouble) {
      this.#troubleAtMs = null;
      const suspect = o.mediaFlowed && (o.silentMs ?? 0) > SUSPECT_MS;
      return { state: this.#calm(o, connected), suspect, trouble, remedy: null };
    }
    this.#troubleAtMs ??= o.nowMs;
    return { state: this.#troubled(o), suspect: true, trouble, remedy: this.#remedy(o, this.#troubleAtMs) };
  }

  #inTrouble(o: Observation, connected: boolean): boolean {
    if (o.dtlsFailed || o.ice === 'failed' || o.ice === 'closed') return true;
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
    if (o.dtlsFailed || o.ice === 'closed') return 'replace';
    if (o.silentMs !== null && o.returnedAtMs > o.nowMs - o.silentMs) return 'replace';
    const waitMs = o.follows ? REPLACE_AFTER_FOLLOWING_MS : REPLACE_AFTER_MS;
    const sinceMs = o.nowMs - this.#attemptAtMs;
    if (o.offering) return o.nowMs - troubleAtMs > UNANSWERED_MS + waitMs ? 'replace' : null;
    // What was tried shortly before the trouble showed, because the network changed, counts too.
    if (sinceMs < o.nowMs - troubleAtMs + waitMs) return sinceMs > waitMs ? 'replace' : null;
    if (o.follows && o.nowMs - troubleAtMs < COURTESY_MS) return null;
    this.#attemptAtMs = o.nowMs;
    return 'restart';
  }
}
