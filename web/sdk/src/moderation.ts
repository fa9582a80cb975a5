/**
 * Roles, the settings of the room, who waits before it, and hands: what hosts decide, and what the
 * others do about it. A server forgets all of it when it is started again; the hosts put it back.
 */

import { Emitter } from './emitter.js';
import type { LocalMedia } from './media.js';
import type { Peer } from './peer.js';
import type {
  Invited, Knock, KnockGone, Moderated, PeerUpdated, RoleChanged, Settings, Welcome,
} from './protocol.gen.js';
import { MAX_RETURNING } from './protocol.gen.js';
import { randomID } from './rooms.js';
import type { Delivered, Outgoing } from './session.js';
import type { CallEvents, Knocker, ModerationAction, Role, RoomChange, RoomSettings } from './types.js';

/** A hand without a number yet is behind all others. */
const LAST = Number.MAX_SAFE_INTEGER;

type Ours = Settings | Knock | KnockGone | Moderated | RoleChanged | Invited;

export interface ModerationHost {
  readonly media: LocalMedia;
  readonly peers: ReadonlyMap<string, Peer>;
  send(message: Outgoing): void;
  /** What one says about oneself has changed. */
  tell(): void;
  emit<K extends keyof CallEvents>(type: K, event: CallEvents[K]): void;
}

interface Request { resolve(invite: { invite: string; expiresAtMs: number }): void; reject(error: Error): void; expiresS: number }

export class Moderation {
  role: Role = 'member';
  settings: RoomSettings = { locked: false, lobby: false, access: 'open', password: false };
  hand = 0;
  recording = false;
  readonly knocks = new Map<string, Knocker>();
  readonly #host: ModerationHost;
  readonly #requests = new Map<string, Request>();
  #id = '';
  #openedAtMs = 0;
  /** Changes that the server has not answered yet: the next one must not undo them. */
  #wanted: Omit<RoomChange, 'password'> = {};
  /** As this person set it, to put it back: the server tells nobody. */
  #password: string | undefined;

  constructor(host: ModerationHost) {
    this.#host = host;
  }

  setHand(up: boolean): void {
    if (up === this.hand > 0) return;
    this.#setHand(up ? LAST : 0);
    this.#host.tell();
  }

  setRecording(on: boolean): void {
    this.recording = on;
    this.#host.tell();
  }

  setRoom({ password, ...change }: RoomChange): void {
    this.#wanted = { ...this.#wanted, ...change };
    const { locked, lobby, access } = { ...this.settings, ...this.#wanted };
    if (password !== undefined) this.#password = password;
    this.#host.send({ type: 'room-settings', locked, lobby, access, ...(password === undefined ? {} : { password }) });
  }

  moderate(action: ModerationAction, peer?: string): void {
    this.#host.send({ type: 'moderate', action, ...(peer === undefined ? {} : { peer }) });
  }

  invite(expiresS: number): Promise<{ invite: string; expiresAtMs: number }> {
    const request = randomID(12);
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve, reject, expiresS });
      this.#host.send({ type: 'invite', request, expires_s: expiresS });
    });
  }

  /** Nobody will answer any more, or the server has refused. */
  refused(message: string): void {
    this.#wanted = {};
    for (const { reject } of this.#requests.values()) reject(new Error(message));
    this.#requests.clear();
  }

  /** `before` are those who were in the room when the server was last heard of. */
  welcome(welcome: Welcome, before: readonly string[]): void {
    const wasHost = this.role === 'host';
    const known = this.settings;
    this.#id = welcome.self;
    this.#setRole(welcome.role);
    this.#numberHand(welcome.hand ?? 0);
    this.#setSettings(welcome.settings);
    if (welcome.resumed) return;
    this.#wanted = {};
    this.#setKnocks(welcome.knocks ?? []);
    for (const [request, { expiresS }] of this.#requests) this.#host.send({ type: 'invite', request, expires_s: expiresS });
    const forgotten = this.#openedAtMs !== 0 && this.#openedAtMs !== welcome.opened_at_ms;
    this.#openedAtMs = welcome.opened_at_ms;
    if (forgotten && wasHost && welcome.role === 'host') this.#putBack(known, before);
  }

  /** True if it is about the person itself: then it says which number the hand got. */
  updated(message: PeerUpdated): boolean {
    if (message.peer !== this.#id) return false;
    this.#numberHand(message.hand);
    this.#host.tell();
    return true;
  }

  /** False: the message is not one of ours. */
  handle(message: Delivered): message is Ours {
    switch (message.type) {
      case 'settings':
        if (message.password_changed && message.by !== this.#id) this.#password = undefined;
        this.#setSettings(message.settings);
        return true;
      case 'role':
        this.#setRole(message.role);
        return true;
      case 'knock':
        this.knocks.set(message.peer.id, message.peer);
        this.#host.emit('knock', message.peer);
        return true;
      case 'knock-gone':
        if (this.knocks.delete(message.peer)) this.#host.emit('knock-gone', { id: message.peer });
        return true;
      case 'moderated':
        this.#obey(message);
        return true;
      case 'invited':
        this.#requests.get(message.request)?.resolve({ invite: message.invite, expiresAtMs: message.expires_at_ms });
        this.#requests.delete(message.request);
        return true;
      default:
        return false;
    }
  }

  #obey({ action, by }: Moderated): void {
    const { media } = this.#host;
    if (action === 'mute') media.setMuted(true);
    else if (action === 'stop-camera') media.stop('camera');
    else if (action === 'stop-screen') media.stop('screen');
    else this.setHand(false);
    this.#host.emit('moderated', { action, by: this.#host.peers.get(by) ?? null });
  }

  /** The server was started again: what this host knows of the room holds on, and nobody of the call is shut out. */
  #putBack({ locked, lobby, access }: RoomSettings, before: readonly string[]): void {
    const password = this.#password;
    const set = locked || lobby || access !== 'open' || password;
    if (!set) return;
    this.#host.send({
      type: 'room-settings', locked, lobby, access, ...(password ? { password } : {}), returning: before.slice(0, MAX_RETURNING),
    });
  }

  #setRole(role: Role): void {
    if (role === this.role) return;
    this.role = role;
    if (role !== 'host') this.#setKnocks([]);
    this.#host.emit('role', { role });
  }

  /** A hand that is down by now stays so: the server is about to hear of it. */
  #numberHand(hand: number): void {
    if (this.hand > 0 && hand > 0) this.#setHand(hand);
  }

  #setHand(hand: number): void {
    if (hand === this.hand) return;
    this.hand = hand;
    this.#host.emit('hand', { hand });
  }

  #setSettings(settings: RoomSettings): void {
    for (const key of ['locked', 'lobby', 'access'] as const) if (this.#wanted[key] === settings[key]) delete this.#wanted[key];
    const { locked, lobby, access, password } = this.settings;
    if (locked === settings.locked && lobby === settings.lobby && access === settings.access && password === settings.password) return;
    this.settings = settings;
    this.#host.emit('settings', { settings });
  }

  #setKnocks(knockers: readonly Knocker[]): void {
    for (const id of [...this.knocks.keys()]) {
      if (knockers.some((knocker) => knocker.id === id)) continue;
      this.knocks.delete(id);
      this.#host.emit('knock-gone', { id });
    }
    for (const knocker of knockers) {
      const known = this.knocks.has(knocker.id);
      this.knocks.set(knocker.id, knocker);
      if (!known) this.#host.emit('knock', knocker);
    }
  }
}

/** What a Call has of it. */
export abstract class ModeratedRoom extends Emitter<CallEvents> {
  /** @internal */
  protected abstract readonly moderation: Moderation;

  /** The person's own. */
  get role(): Role {
    return this.moderation.role;
  }

  /** How the room is set now. */
  get settings(): RoomSettings {
    return this.moderation.settings;
  }

  /** The person's own: 0 while it is down, else a number that is lower the earlier it was raised. */
  get hand(): number {
    return this.moderation.hand;
  }

  /** Whether the person has said that it records. */
  get recording(): boolean {
    return this.moderation.recording;
  }

  /** Who waits to be admitted, as hosts see it. */
  get knocks(): ReadonlyMap<string, Knocker> {
    return this.moderation.knocks;
  }

  /** Raises or lowers the person's own hand. */
  setHand(up: boolean): void {
    this.moderation.setHand(up);
  }

  /** Tells the others that this person records the call. */
  setRecording(on: boolean): void {
    this.moderation.setRecording(on);
  }

  /** Hosts only. `settings` follows when the server has done it. */
  setRoom(change: RoomChange): void {
    this.moderation.setRoom(change);
  }

  /** Hosts only. */
  moderate(action: ModerationAction, peerId?: string): void {
    this.moderation.moderate(action, peerId);
  }

  /** Hosts only: what JoinOptions.invite takes. It passes password, access and lobby, not a locked room. */
  invite(expiresS: number): Promise<{ invite: string; expiresAtMs: number }> {
    return this.moderation.invite(expiresS);
  }
}
