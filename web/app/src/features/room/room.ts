/** What a host has to know and can do: the room's settings, who is at the door, whose menu is open. */
import type { Call, CallEvents, Knocker, ModerationAction, Peer, RoomSettings } from '@parley/client';
import { t as core } from '../../i18n/index.js';
import { settings } from '../../settings.js';
import { announceText, store, toastText } from '../../store.js';
import { chime } from './chime.js';
import { t } from './texts.js';
import { Subject } from '../../subject.js';

interface Invite { invite: string; expiresAtMs: number }

/** The server takes 128 bytes; no sign has more than three for each unit that a field counts. */
export const passwordMax = 42;

const open: RoomSettings = { locked: false, lobby: false, access: 'open', password: false };

class Room extends Subject {
  #call: Call | null = null;
  #person = '';
  readonly #invites = new Map<number, Invite>();

  begin(call: Call): () => void {
    this.#call = call;
    const tell = (): void => this.#tell();
    const offs = [
      call.on('settings', tell),
      call.on('knock-gone', tell),
      call.on('knock', (knock) => this.#onKnock(knock)),
      call.on('role', ({ role }) => {
        if (role === 'host') toastText(t('done.host'));
        tell();
      }),
      call.on('peer-left', ({ peer }) => {
        const { dialog } = store.state;
        if (peer.id === this.#person && (dialog === 'person-acts' || dialog === 'remove')) store.dispatch({ type: 'dialog', dialog: null });
      }),
      call.on('moderated', (event) => this.#onModerated(event)),
    ];
    return () => {
      for (const off of offs) off();
      this.#call = null;
      this.#invites.clear();
      this.#tell();
    };
  }

  get host(): boolean {
    return this.#call?.role === 'host';
  }

  get settings(): RoomSettings {
    return this.#call?.settings ?? open;
  }

  /** Those at the door, in order of arrival; nobody for those who cannot let them in. */
  get knocks(): readonly Knocker[] {
    return this.host ? [...this.#call?.knocks.values() ?? []] : [];
  }

  /** Whose menu or question is shown; undefined once that person has left. */
  get person(): Peer | undefined {
    return this.#call?.peers.get(this.#person);
  }

  peer(id: string): Peer | undefined {
    return this.#call?.peers.get(id);
  }

  set(change: Parameters<Call['setRoom']>[0]): void {
    this.#call?.setRoom(change);
  }

  moderate(action: ModerationAction, peer?: string): void {
    this.#call?.moderate(action, peer);
  }

  muteAll(): void {
    this.moderate('mute');
    toastText(t('host.mute-all.done'));
  }

  admitAll(): void {
    this.moderate('admit');
  }

  show(dialog: 'person-acts' | 'remove', peer: string): void {
    this.#person = peer;
    store.dispatch({ type: 'dialog', dialog });
  }

  /** The one that was made before, as long as most of its time is left. */
  async invite(expiresS: number): Promise<Invite> {
    const known = this.#invites.get(expiresS);
    if (known && known.expiresAtMs - Date.now() > expiresS * 900) return known;
    const call = this.#call;
    if (!call) throw new Error('there is no call');
    const made = await call.invite(expiresS);
    this.#invites.set(expiresS, made);
    return made;
  }

  #onKnock({ name }: Knocker): void {
    announceText(t('knock.one', { name: nameOf(name) }));
    if (settings().knockSound) chime();
    this.#tell();
  }

  #onModerated({ action, by }: CallEvents['moderated']): void {
    const name = by ? nameOf(by.name) : t('done.somebody');
    if (action === 'mute') toastText(t('done.mute', { name }), 'warning');
    if (action === 'stop-camera') toastText(t('done.camera', { name }), 'warning');
    if (action === 'stop-screen') toastText(t('done.screen', { name }), 'warning');
    if (action === 'lower-hand') toastText(t('done.hand', { name }));
  }

  #tell(): void {
    this.tell();
  }
}

export function nameOf(name: string): string {
  return name.trim() || core('tile.guest');
}

export const room = new Room();
