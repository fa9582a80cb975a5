/** What the feature knows about the devices, beyond the call's own state. */
import type { LocalMedia } from '@parley/client';
import { session } from '../../call/session.js';
import { store } from '../../store.js';
import { MutedTalkWatch, SilenceWatch, type Silence } from './watch.js';
import { Subject } from '../../subject.js';

const LOOK_MS = 200;

export type MicrophoneTest = 'idle' | 'recording' | 'playing' | 'failed';

interface DevicesState {
  silence: Silence;
  /** The person was told and does not want to hear it again of this microphone. */
  silenceSeen: boolean;
  talkingMuted: boolean;
  interrupted: { microphone: boolean; camera: boolean };
  microphoneTest: MicrophoneTest;
  speakerTest: 'idle' | 'playing' | 'failed';
}

const listeners = new Subject();
let current: DevicesState = {
  silence: null, silenceSeen: false, talkingMuted: false, interrupted: { microphone: false, camera: false },
  microphoneTest: 'idle', speakerTest: 'idle',
};

export const devicesState = {
  get value(): Readonly<DevicesState> {
    return current;
  },
  set(change: Partial<DevicesState>): void {
    const keys = Object.keys(change) as (keyof DevicesState)[];
    if (keys.every((key) => JSON.stringify(current[key]) === JSON.stringify(change[key]))) return;
    current = { ...current, ...change };
    listeners.tell();
  },
  subscribe: listeners.subscribe,
};

const silence = new SilenceWatch();
const mutedTalk = new MutedTalkWatch();
let track: MediaStreamTrack | null = null;

/** Watches the microphone for as long as there is a page with devices. */
export function watchDevices(): void {
  session.onMedia((media) => {
    const show = (): void => devicesState.set({
      interrupted: { microphone: media.interrupted('microphone'), camera: media.interrupted('camera') },
    });
    media.on('interrupted', show);
    media.on('resumed', show);
    media.on('change', show);
    show();
  });
  setInterval(() => listen(session.media), LOOK_MS);
}

function listen(media: LocalMedia | null): void {
  const now = media?.track('microphone') ?? null;
  if (now !== track) {
    track = now;
    silence.reset();
    devicesState.set({ silenceSeen: false });
  }
  const level = media && now ? media.heard() : null;
  const nowMs = performance.now();
  const muted = media?.muted ?? false;
  const interrupted = media?.interrupted('microphone') ?? false;
  devicesState.set({
    silence: silence.add(nowMs, muted || interrupted ? null : level),
    talkingMuted: mutedTalk.add(nowMs, level, muted && store.state.phase === 'call'),
  });
}
