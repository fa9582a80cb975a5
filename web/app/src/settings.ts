// What the app remembers in this browser, one JSON value. Storage may be refused
// (private windows, policies): then it is remembered until the page is closed.
import type { DeviceKind } from '@parley/client';

export interface RecentRoom { room: string; atMs: number }

export interface Settings {
  name: string;
  locale: string;
  theme: 'system' | 'light' | 'dark';
  devices: Partial<Record<DeviceKind, string>>;
  microphoneOn: boolean;
  cameraOn: boolean;
  shortcuts: boolean;
  /** Whether somebody at the door is heard. */
  knockSound: boolean;
  recent: RecentRoom[];
}

const key = 'parley';
const recentMax = 5;

const defaults: Settings = {
  name: '', locale: '', theme: 'system', devices: {}, microphoneOn: true, cameraOn: true, shortcuts: true, knockSound: false, recent: [],
};

let current: Settings = read();

export function settings(): Readonly<Settings> {
  return current;
}

export function remember(change: Partial<Settings>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // Refused: `current` holds it for as long as the page lives.
  }
}

export function rememberRoom(room: string, atMs: number): void {
  remember({ recent: [{ room, atMs }, ...current.recent.filter((r) => r.room !== room)].slice(0, recentMax) });
}

export function forgetRoom(room: string): void {
  remember({ recent: current.recent.filter((r) => r.room !== room) });
}

function read(): Settings {
  try {
    return parseSettings(JSON.parse(localStorage.getItem(key) ?? '{}'));
  } catch {
    return defaults;
  }
}

/** Keeps of a stored value what has the right shape. */
export function parseSettings(value: unknown): Settings {
  if (typeof value !== 'object' || value === null) return defaults;
  const v = value as Record<string, unknown>;
  const text = (x: unknown, max: number): string => (typeof x === 'string' ? x.slice(0, max) : '');
  const devices: Settings['devices'] = {};
  const stored = (typeof v.devices === 'object' && v.devices !== null ? v.devices : {}) as Record<string, unknown>;
  for (const kind of ['microphone', 'camera', 'speaker'] as const) {
    const id = text(stored[kind], 256);
    if (id) devices[kind] = id;
  }
  const recent = (Array.isArray(v.recent) ? v.recent : []).filter(isRecent).slice(0, recentMax);
  return {
    name: text(v.name, 64),
    locale: text(v.locale, 16),
    theme: v.theme === 'light' || v.theme === 'dark' ? v.theme : 'system',
    devices,
    microphoneOn: v.microphoneOn !== false,
    cameraOn: v.cameraOn !== false,
    shortcuts: v.shortcuts !== false,
    knockSound: v.knockSound === true,
    recent: recent.map(({ room, atMs }) => ({ room, atMs })),
  };
}

function isRecent(x: unknown): x is RecentRoom {
  return typeof x === 'object' && x !== null
    && typeof (x as RecentRoom).room === 'string' && /^[a-z0-9-]{1,64}$/.test((x as RecentRoom).room)
    && Number.isFinite((x as RecentRoom).atMs);
}
