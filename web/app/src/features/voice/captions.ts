/**
 * Captions: what the browser's own speech recognition hears of this microphone, sent to the others.
 * In the browser where it can be asked for; else the person is told who hears it, and asked.
 * https://webaudio.github.io/web-speech-api/
 */

export const captionsLabel = 'captions';
const TEXT_MAX = 400;

export interface Caption { id: number; text: string; final: boolean }

interface Alternative { readonly transcript: string }
interface Result { readonly isFinal: boolean; readonly length: number; readonly [index: number]: Alternative }
export interface RecognitionEvent { readonly resultIndex: number; readonly results: { readonly length: number; readonly [index: number]: Result } }

export interface Recognition {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  processLocally?: boolean;
  onresult: ((event: RecognitionEvent) => void) | null;
  onerror: ((event: { readonly error: string }) => void) | null;
  onend: (() => void) | null;
  start(track?: MediaStreamTrack): void;
  abort(): void;
}

interface Local { langs: string[]; processLocally: boolean }

export interface RecognitionClass {
  new (): Recognition;
  available?(options: Local): Promise<'unavailable' | 'downloadable' | 'downloading' | 'available'>;
  install?(options: Local): Promise<boolean>;
}

/** Chromium and Safari have it, Firefox has not. */
export function recognitionOf(page: object = globalThis): RecognitionClass | null {
  const { SpeechRecognition, webkitSpeechRecognition } = page as { SpeechRecognition?: RecognitionClass; webkitSpeechRecognition?: RecognitionClass };
  return SpeechRecognition ?? webkitSpeechRecognition ?? null;
}

export type Place = 'here' | 'elsewhere';

/** Where speech of this language would be recognised. Installs what is missing for it to be here. */
export async function placeOf(recognition: RecognitionClass, lang: string): Promise<Place> {
  const local: Local = { langs: [lang], processLocally: true };
  try {
    const state = await recognition.available?.(local) ?? 'unavailable';
    if (state === 'available') return 'here';
    if (state !== 'unavailable' && await recognition.install?.(local)) return 'here';
  } catch {
    // Older forms of the interface: then it is not known to be here.
  }
  return 'elsewhere';
}

export type Trouble = 'not-allowed' | 'network' | 'language' | 'failed';

/** One person's speech, for as long as it is on. Browsers end recognition after a while of silence: it is begun again. */
export class Listener {
  readonly #recognition: Recognition;
  readonly #say: (caption: Caption) => void;
  readonly #failed: (trouble: Trouble) => void;
  readonly #track: () => MediaStreamTrack | null;
  /** Numbers of what is said; those of one recognition begin here. */
  #first = 0;
  #next = 0;
  #ended = false;
  #troubles = 0;

  constructor(
    recognition: RecognitionClass, options: { lang: string; place: Place },
    host: { track: () => MediaStreamTrack | null; say: (caption: Caption) => void; failed: (trouble: Trouble) => void },
  ) {
    this.#say = host.say;
    this.#failed = host.failed;
    this.#track = host.track;
    this.#recognition = new recognition();
    Object.assign(this.#recognition, { lang: options.lang, continuous: true, interimResults: true });
    if (options.place === 'here') this.#recognition.processLocally = true;
    this.#recognition.onresult = (event) => this.#onResult(event);
    this.#recognition.onerror = ({ error }) => this.#onError(error);
    this.#recognition.onend = () => {
      if (!this.#ended) this.#begin();
    };
    this.#begin();
  }

  end(): void {
    this.#ended = true;
    this.#recognition.onresult = this.#recognition.onerror = this.#recognition.onend = null;
    this.#recognition.abort();
  }

  #begin(): void {
    this.#first = this.#next;
    const track = this.#track();
    try {
      // A browser that cannot listen to a track listens to the system's microphone.
      if (track) this.#recognition.start(track);
      else this.#recognition.start();
    } catch {
      this.#fail('failed');
    }
  }

  #onResult({ resultIndex, results }: RecognitionEvent): void {
    this.#troubles = 0;
    for (let index = resultIndex; index < results.length; index++) {
      const result = results[index];
      const text = result?.[0]?.transcript.trim().slice(0, TEXT_MAX) ?? '';
      const id = this.#first + index;
      this.#next = Math.max(this.#next, id + 1);
      if (result && text) this.#say({ id, text, final: result.isFinal });
    }
  }

  #onError(error: string): void {
    switch (error) {
      case 'no-speech':
      case 'aborted':
        return;
      case 'not-allowed':
      case 'service-not-allowed':
      case 'audio-capture':
        return this.#fail('not-allowed');
      case 'language-not-supported': return this.#fail('language');
      default:
        // Once may be chance; what fails again and again will not get better.
        this.#troubles++;
        if (this.#troubles >= 3) this.#fail(error === 'network' ? 'network' : 'failed');
    }
  }

  #fail(trouble: Trouble): void {
    if (this.#ended) return;
    this.end();
    this.#failed(trouble);
  }
}

export function encodeCaption(caption: Caption): string {
  return JSON.stringify(caption);
}

/** Never trusts what a peer sends. */
export function parseCaption(data: string | ArrayBuffer): Caption | null {
  if (typeof data !== 'string' || data.length > 4 * TEXT_MAX) return null;
  try {
    const { id, text, final } = JSON.parse(data) as Partial<Record<keyof Caption, unknown>>;
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || typeof text !== 'string') return null;
    return { id, text: text.slice(0, TEXT_MAX), final: final === true };
  } catch {
    return null;
  }
}

export interface Line { from: string; id: number; text: string; atMs: number }

const LINES_MAX = 3;
const SHOWN_MS = 7000;

/** The lines that are shown: the newest few, each for some seconds. */
export function withCaption(lines: readonly Line[], from: string, { id, text }: Caption, nowMs: number): Line[] {
  const line: Line = { from, id, text, atMs: nowMs };
  const known = lines.some((other) => other.from === from && other.id === id);
  const next = known ? lines.map((other) => (other.from === from && other.id === id ? line : other)) : [...lines, line];
  return recent(next, nowMs);
}

export function recent(lines: readonly Line[], nowMs: number): Line[] {
  return lines.filter(({ atMs }) => nowMs - atMs < SHOWN_MS).slice(-LINES_MAX);
}
