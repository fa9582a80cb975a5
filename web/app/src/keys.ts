// What opens rooms for this browser: host keys of the rooms that were begun here, kept for good, and the
// invite that this tab came with. Apart from the settings, and read anew each time: a tab that was open
// before must not write back a list without the newest key.
import { newRoom } from '@parley/client';

type Place = 'localStorage' | 'sessionStorage';

interface HostKey { room: string; hostKey: string }

const hostKeysKey = 'parley-host-keys';
const hostKeysMax = 50;
const inviteKey = 'parley-invite';
const inviteMax = 512;

/** Where storage is refused it is remembered until the page is closed. */
const unsaved = new Map<string, string>();

export function hostKeyOf(room: string): string | null {
  return parseHostKeys(read('localStorage', hostKeysKey)).find((entry) => entry.room === room)?.hostKey ?? null;
}

export function keepHostKey(room: string, hostKey: string): void {
  const others = parseHostKeys(read('localStorage', hostKeysKey)).filter((entry) => entry.room !== room);
  write('localStorage', hostKeysKey, JSON.stringify([{ room, hostKey }, ...others].slice(0, hostKeysMax)));
}

export function forgetHostKey(room: string): void {
  const keys = parseHostKeys(read('localStorage', hostKeysKey));
  if (keys.some((entry) => entry.room === room)) write('localStorage', hostKeysKey, JSON.stringify(keys.filter((entry) => entry.room !== room)));
}

/** For a room whose name says nothing about its host. */
export async function newHostKey(): Promise<string> {
  return (await newRoom()).hostKey;
}

/** Of a link's fragment: `#invite=...`, beside whatever else it holds. */
export function parseInviteFragment(hash: string): { invite: string | null; rest: string } {
  const parts = hash.replace(/^#/, '').split('&').filter((part) => part !== '');
  const invite = parts.find((part) => part.startsWith('invite='))?.slice('invite='.length) ?? '';
  const rest = parts.filter((part) => !part.startsWith('invite=')).join('&');
  return { invite: isToken(invite) ? invite : null, rest: rest === '' ? '' : `#${rest}` };
}

/** Takes an invite out of the address bar, where it would be seen over a shoulder or in a shared screen. */
export function takeInvite(): void {
  const { pathname, search, hash } = location;
  if (!/[#&]invite=/.test(hash)) return;
  const { invite, rest } = parseInviteFragment(hash);
  if (invite) write('sessionStorage', inviteKey, JSON.stringify({ path: pathname, invite }));
  history.replaceState(history.state, '', `${pathname}${search}${rest}`);
}

export function inviteOf(room: string): string | null {
  const value = parse(read('sessionStorage', inviteKey)) as { path?: unknown; invite?: unknown } | null;
  if (typeof value?.invite !== 'string' || !isToken(value.invite)) return null;
  return String(value.path).toLowerCase().replace(/\/+$/, '') === `/r/${room}` ? value.invite : null;
}

export function dropInvite(): void {
  write('sessionStorage', inviteKey, '');
}

export function parseHostKeys(text: string): HostKey[] {
  const value = parse(text);
  return (Array.isArray(value) ? value : []).filter(isHostKey).slice(0, hostKeysMax).map(({ room, hostKey }) => ({ room, hostKey }));
}

function isHostKey(x: unknown): x is HostKey {
  if (typeof x !== 'object' || x === null) return false;
  const { room, hostKey } = x as Record<string, unknown>;
  return typeof room === 'string' && /^[a-z0-9-]{1,64}$/.test(room) && typeof hostKey === 'string' && /^[\w-]{16,128}$/.test(hostKey);
}

function isToken(text: string): boolean {
  return text.length > 0 && text.length <= inviteMax && /^[\w.-]+$/.test(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function read(storage: Place, key: string): string {
  try {
    return globalThis[storage].getItem(key) ?? unsaved.get(key) ?? '';
  } catch {
    return unsaved.get(key) ?? '';
  }
}

function write(storage: Place, key: string, value: string): void {
  unsaved.set(key, value);
  try {
    globalThis[storage].setItem(key, value);
    unsaved.delete(key);
  } catch {
    // Refused: `unsaved` has it.
  }
}
