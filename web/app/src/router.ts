/** Which page an address shows. Pure, but for `navigate`. */
import { isLazyPage } from './pages/lazy.js';

export type Route =
  | { page: 'home' }
  | { page: 'room'; room: string; name: string | null; join: boolean }
  /** One of the pages that stand alone and are loaded on demand: see pages/lazy.ts. `path` is what follows its name. */
  | { page: 'lazy'; name: string; path: string }
  | { page: 'unknown' };

/** Same rule as the server's: 1 to 64 of a-z 0-9 - */
const roomPattern = /^[a-z0-9-]{1,64}$/;

export function parseRoute(url: URL): Route {
  const path = url.pathname.replace(/\/+$/, '') || '/';
  if (path === '/' || path === '/index.html') return { page: 'home' };
  const [, first = '', rest = ''] = /^\/([a-z]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (isLazyPage(first)) return { page: 'lazy', name: first, path: rest };
  const match = /^\/r\/([^/]+)$/.exec(path);
  if (!match) return { page: 'unknown' };
  const room = decode(match[1] ?? '').toLowerCase();
  if (!roomPattern.test(room)) return { page: 'unknown' };
  const name = url.searchParams.get('name')?.trim().slice(0, 64) || null;
  return { page: 'room', room, name, join: url.searchParams.has('join') };
}

/** What a person typed or pasted to get into a room: a link, a path or the bare code. */
export function parseInvite(text: string, base: URL): URL | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (/^https?:\/\//i.test(trimmed)) {
    const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
    return url && parseRoute(url).page === 'room' ? url : null;
  }
  const code = trimmed.replace(/^.*\/r\//, '').replace(/[?#].*$/, '').toLowerCase().replace(/[\s_.]+/g, '-');
  return roomPattern.test(code) ? new URL(`/r/${code}`, base) : null;
}

export function roomURL(room: string): string {
  return new URL(`/r/${room}`, location.origin).href;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Goes to an address: within the app where it is ours, else as any link. */
export function navigate(url: string | URL): void {
  const target = new URL(url, location.href);
  if (target.origin !== location.origin) {
    location.assign(target);
    return;
  }
  history.pushState(null, '', target);
  dispatchEvent(new PopStateEvent('popstate'));
}
