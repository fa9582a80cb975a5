/** Captions of a call: what is switched on here, and what is said. */
import type { Call, Channel } from '@parley/client';
import { session } from '../../call/session.js';
import { choices, choose } from '../../choices.js';
import { currentLocale } from '../../i18n/index.js';
import {
  captionsLabel, encodeCaption, Listener, parseCaption, placeOf, recent, recognitionOf, withCaption, type Caption, type Line, type Place, type Trouble,
} from './captions.js';
import { Subject } from '../../subject.js';

interface VoiceState {
  /** 'asking': the person has to know first that it is recognised elsewhere. */
  captions: 'off' | 'preparing' | 'asking' | 'on';
  /** Where it is recognised. */
  place: Place;
  trouble: Trouble | null;
  lines: readonly Line[];
}

const listeners = new Subject();
let current: VoiceState = { captions: 'off', place: 'elsewhere', trouble: null, lines: [] };
let channel: Channel | null = null;
let listener: Listener | null = null;

export const voice = {
  get value(): VoiceState {
    return current;
  },
  subscribe: listeners.subscribe,
};

function set(change: Partial<VoiceState>): void {
  current = { ...current, ...change };
  listeners.tell();
}

export function beginCaptions(call: Call): () => void {
  const opened = call.channel(captionsLabel);
  channel = opened;
  const off = opened.on('message', ({ from, data }) => {
    const caption = parseCaption(data);
    if (caption) show(from, caption);
  });
  const timer = setInterval(() => {
    const lines = recent(current.lines, Date.now());
    if (lines.length !== current.lines.length) set({ lines });
  }, 1000);
  const left = call.on('peer-left', ({ peer }) => set({ lines: current.lines.filter(({ from }) => from !== peer.id) }));
  return () => {
    clearInterval(timer);
    off();
    left();
    stopCaptions();
    channel = null;
    set({ lines: [], trouble: null });
  };
}

/** What is spoken here. */
export function spokenLanguage(): string {
  const { spoken } = choices();
  if (spoken) return spoken;
  const locale = currentLocale();
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${locale}-`)) ?? ({ en: 'en-US', ru: 'ru-RU' } as Record<string, string>)[locale] ?? locale;
}

export async function startCaptions(): Promise<void> {
  const recognition = recognitionOf();
  if (!recognition || current.captions !== 'off') return;
  set({ captions: 'preparing', trouble: null });
  const place = await placeOf(recognition, spokenLanguage());
  if (voice.value.captions !== 'preparing') return;
  if (place === 'elsewhere') set({ captions: 'asking' });
  else listen('here');
}

/** The person knows who hears it. */
export function allowElsewhere(): void {
  if (current.captions === 'asking') listen('elsewhere');
}

export function stopCaptions(): void {
  listener?.end();
  listener = null;
  set({ captions: 'off' });
}

export function showCaptions(on: boolean): void {
  choose({ captions: on });
}

function listen(place: Place): void {
  const recognition = recognitionOf();
  if (!recognition) return;
  set({ captions: 'on', place });
  listener = new Listener(recognition, { lang: spokenLanguage(), place }, {
    track: () => session.media?.track('microphone') ?? null,
    say: (caption) => {
      // What is said while muted stays here.
      if (!session.media?.state.microphone) return;
      show('self', caption);
      try {
        channel?.send(encodeCaption(caption));
      } catch {
        // Too much waits already: the next caption says it again, or something newer.
      }
    },
    failed: (trouble) => {
      listener = null;
      set({ captions: 'off', trouble });
    },
  });
}

function show(from: string, caption: Caption): void {
  set({ lines: withCaption(current.lines, from, caption, Date.now()) });
}
