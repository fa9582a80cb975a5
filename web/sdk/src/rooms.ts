const SIGNS = 'abcdefghijklmnopqrstuvwxyz23456789'; // 34 signs: 16 of them are 81 bits
const LENGTH = 16;

/** An unguessable room name of 81 bits, like "k3vq-9xwd-mm2t-7hcp". */
export function newRoomName(): string {
  let signs = '';
  while (signs.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH))) {
      // Bytes past the last whole multiple of 34 would favour the first signs.
      if (byte < 256 - (256 % SIGNS.length)) signs += SIGNS.charAt(byte % SIGNS.length);
    }
  }
  return grouped(signs.slice(0, LENGTH));
}

// 32 signs that nobody mistakes for each other: 16 of them are 80 bits.
const HOST_SIGNS = 'abcdefghijkmnpqrstuvwxyz23456789';

/**
 * A new room and the key that makes its holder host there, on any server and after any restart: the
 * name follows from the key. Keep the key; the name is what others get.
 */
export async function newRoom(): Promise<{ room: string; hostKey: string }> {
  const hostKey = randomID(24);
  // Without a secure context there is no digest: then the first who comes is host, by this key.
  return { room: globalThis.isSecureContext ? await hostRoom(hostKey) : `${newRoomName()}-${newRoomName().slice(0, 4)}`, hostKey };
}

/** @internal The room that belongs to a host key. */
export async function hostRoom(hostKey: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`parley room\n${hostKey}`));
  let bits = '';
  for (const byte of new Uint8Array(digest, 0, 10)) bits += byte.toString(2).padStart(8, '0');
  return grouped(bits.replace(/.{5}/g, (five) => HOST_SIGNS.charAt(parseInt(five, 2))));
}

function grouped(signs: string): string {
  return signs.replace(/(.{4})(?=.)/g, '$1-');
}

/** Room and signaling address of a call's URL: `https://host/r/room`. */
export function parseRoomURL(url: string | URL, server?: string): { room: string; signal: URL } {
  const base = typeof location === 'undefined' ? undefined : location.href;
  const parsed = new URL(url, base);
  const room = /\/r\/([a-z0-9-]{1,64})\/?$/.exec(parsed.pathname)?.[1];
  if (!room) throw new TypeError(`not the address of a room: ${parsed.pathname}`);
  const signal = new URL('/v1/signal', server ?? parsed);
  signal.protocol = signal.protocol.replace('http', 'ws');
  return { room, signal };
}

/** `bytes` random bytes in base64url. */
export function randomID(bytes: number): string {
  const text = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
