/** Why a device does not work, in words that help in the browser at hand. */
import type { MediaErrorCode, TrackKind } from '@parley/client';
import { t, type PlainKey } from '../i18n/index.js';

export type Browser = 'chrome' | 'edge' | 'firefox' | 'safari' | 'android' | 'ios';
export type System = 'windows' | 'macos' | 'android' | 'ios' | 'linux';

/** A guess, and only for words and pictures: nothing depends on it. */
export function browserOf(userAgent: string, touchPoints: number): Browser {
  const system = systemOf(userAgent, touchPoints);
  if (system === 'ios' || system === 'android') return system;
  if (/Firefox\//.test(userAgent)) return 'firefox';
  if (/Edg\//.test(userAgent)) return 'edge';
  if (/Safari\//.test(userAgent) && !/Chrom(e|ium)\//.test(userAgent)) return 'safari';
  return 'chrome';
}

/** An iPad calls itself a Macintosh, but has a touch screen. */
export function systemOf(userAgent: string, touchPoints: number): System {
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1)) return 'ios';
  if (/Android/.test(userAgent)) return 'android';
  if (/Windows/.test(userAgent)) return 'windows';
  return /Macintosh/.test(userAgent) ? 'macos' : 'linux';
}

const steps: Record<Browser, PlainKey> = {
  chrome: 'help.chrome', edge: 'help.chrome', firefox: 'help.firefox', safari: 'help.safari', android: 'help.android', ios: 'help.ios',
};

const short: Record<MediaErrorCode, [microphone: PlainKey, camera: PlainKey]> = {
  'permission-denied': ['problem.microphone.denied', 'problem.camera.denied'],
  'permission-dismissed': ['problem.microphone.dismissed', 'problem.camera.dismissed'],
  'system-denied': ['problem.microphone.system', 'problem.camera.system'],
  'not-found': ['problem.microphone.none', 'problem.camera.none'],
  busy: ['problem.microphone.busy', 'problem.camera.busy'],
  insecure: ['problem.microphone.insecure', 'problem.camera.insecure'],
  unsupported: ['problem.microphone.unsupported', 'problem.camera.unsupported'],
  failed: ['problem.microphone.failed', 'problem.camera.failed'],
};

export function problemTitle(kind: TrackKind, code: MediaErrorCode): string {
  if (kind === 'screen' || kind === 'screen-audio') return t('problem.screen.system');
  return t(short[code][kind === 'microphone' ? 0 : 1]);
}

/** What to do about it. */
export function problemHelp(code: MediaErrorCode): string[] {
  switch (code) {
    case 'permission-denied':
    case 'permission-dismissed':
      return t(steps[browserOf(navigator.userAgent, navigator.maxTouchPoints)]).split('\n');
    case 'system-denied': return t('help.system').split('\n');
    case 'not-found': return t('help.none').split('\n');
    case 'busy': return t('help.busy').split('\n');
    default: return t('help.other').split('\n');
  }
}
