// What a person has chosen about sound and pictures, remembered in this browser.
import type { ScreenOptions, SoundOptions, VideoLimits } from '@parley/client';
import { Subject } from './subject.js';

export const heights = [1080, 720, 360, 180] as const;
export const frameRates = [30, 15, 5] as const;
export const bitratesKbps = [4000, 2000, 1000, 500, 200] as const;

export interface Choices {
  sound: SoundOptions;
  pushToTalk: boolean;
  blur: boolean;
  /** Like 'video/VP9'; '' leaves it to the browser. */
  codec: string;
  /** 0: not limited. */
  send: { height: number; frameRate: number; kbps: number };
  receive: { height: number; frameRate: number; kbps: number };
  dataSaver: boolean;
  audioOnly: boolean;
  screen: { sound: boolean; hint: 'detail' | 'motion'; frameRate: number };
  captions: boolean;
  /** Language that is spoken, like 'en-US'; '' is the page's own. */
  spoken: string;
}

const key = 'parley-media';
const listeners = new Subject();
let current = read();

export function choices(): Readonly<Choices> {
  return current;
}

export function choose(change: Partial<Choices>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // Refused: `current` holds it for as long as the page lives.
  }
  listeners.tell();
}

export const choiceChanges = {
  subscribe: listeners.subscribe,
};

/** What all that amounts to for a call. */
export function sendLimits({ send, dataSaver, audioOnly }: Choices): VideoLimits {
  return limits(audioOnly, dataSaver ? least(send, { height: 360, frameRate: 15, kbps: 300 }) : send);
}

export function receiveLimits({ receive, dataSaver, audioOnly }: Choices): VideoLimits {
  return limits(audioOnly, dataSaver ? least(receive, { height: 360, frameRate: 15, kbps: 400 }) : receive);
}

export function cameraLimits({ send, dataSaver }: Choices): { heightMax: number; frameRateMax: number } {
  const { height, frameRate } = dataSaver ? least(send, { height: 360, frameRate: 15, kbps: 0 }) : send;
  // Below that the picture is made smaller on its way, and one's own stays clear.
  return { heightMax: Math.max(360, height || 720), frameRateMax: frameRate || 30 };
}

export function screenOptions({ screen }: Choices): ScreenOptions {
  return { audio: screen.sound, hint: screen.hint, frameRate: screen.frameRate };
}

type Caps = Choices['send'];

function least(a: Caps, b: Caps): Caps {
  const min = (x: number, y: number): number => (x === 0 || y === 0 ? x || y : Math.min(x, y));
  return { height: min(a.height, b.height), frameRate: min(a.frameRate, b.frameRate), kbps: min(a.kbps, b.kbps) };
}

function limits(nothing: boolean, { height, frameRate, kbps }: Caps): VideoLimits {
  if (nothing) return { heightMax: 0 };
  return {
    ...(height > 0 ? { heightMax: height } : {}), ...(frameRate > 0 ? { frameRateMax: frameRate } : {}),
    ...(kbps > 0 ? { bitrateBpsMax: kbps * 1000 } : {}),
  };
}

function read(): Choices {
  try {
    return parseChoices(JSON.parse(localStorage.getItem(key) ?? '{}'));
  } catch {
    return parseChoices({});
  }
}

/** Keeps of a stored value what has the right shape. */
export function parseChoices(value: unknown): Choices {
  const v = part(value);
  const [sound, screen] = [part(v.sound), part(v.screen)];
  return {
    sound: {
      echoCancellation: sound.echoCancellation !== false, noiseSuppression: sound.noiseSuppression !== false,
      autoGainControl: sound.autoGainControl !== false,
    },
    pushToTalk: v.pushToTalk === true,
    blur: v.blur === true,
    codec: typeof v.codec === 'string' && /^video\/[\w.-]{1,32}$/.test(v.codec) ? v.codec : '',
    send: caps(v.send),
    receive: caps(v.receive),
    dataSaver: v.dataSaver === true,
    audioOnly: v.audioOnly === true,
    screen: {
      sound: screen.sound !== false, hint: screen.hint === 'motion' ? 'motion' : 'detail',
      frameRate: oneOf(frameRates, screen.frameRate) || 30,
    },
    captions: v.captions === true,
    spoken: typeof v.spoken === 'string' && /^[\w-]{2,16}$/.test(v.spoken) ? v.spoken : '',
  };
}

function caps(value: unknown): Caps {
  const v = part(value);
  return { height: oneOf(heights, v.height), frameRate: oneOf(frameRates, v.frameRate), kbps: oneOf(bitratesKbps, v.kbps) };
}

function oneOf(allowed: readonly number[], value: unknown): number {
  return typeof value === 'number' && allowed.includes(value) ? value : 0;
}

function part(value: unknown): Record<string, unknown> {
  return (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
}
