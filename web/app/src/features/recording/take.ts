/** One recording from its beginning to its end. */
import { openWorker } from '../../ui/worker.js';
import { audioBps, videoBps, type Format } from './formats.js';
import { sizeFor, type Size } from './grid.js';
import { Mixer } from './mix.js';
import { Painter, type Source } from './paint.js';
import { Sink, type SinkProblem } from './sink.js';

/** How often a part goes to the disk: no more than that is lost with the page. */
const PART_MS = 1000;
/** MP4 is written from key frame to key frame. https://www.w3.org/TR/mediastream-recording/#dom-mediarecorderoptions-videokeyframeintervalduration */
const KEY_FRAME_MS = 2000;

export type TakeProblem = SinkProblem | 'failed';

export interface TakeOptions {
  format: Format;
  /** Null: sound only. */
  size: Size | null;
  /** One picture alone, without its name in it. */
  alone: boolean;
  name: string;
  /** Null: in this browser. */
  file: FileSystemFileHandle | null;
}

/** What is to be seen and heard. */
export interface Scene { sources: readonly Source[]; voices: readonly MediaStreamTrack[] }

export class Take {
  readonly options: TakeOptions;
  readonly #sink: Sink;
  readonly #painter: Painter | null;
  readonly #mixer: Mixer | null;
  readonly #recorder: MediaRecorder;
  #elapsedMs = 0;
  #sinceMs = 0;
  #stopping = false;

  /** `ended` is called when it ends by itself; `stop` is due then. */
  static async open(options: TakeOptions, scene: () => Scene, ended: (problem: TakeProblem) => void): Promise<Take> {
    const { format: { mime }, name, file, size, alone } = options;
    const mixer = await Mixer.open();
    let sink: Sink | null = null;
    let painter: Painter | null = null;
    try {
      sink = await Sink.open(openWorker('features/recording/worker.ts'), { name, mime, file }, ended);
      painter = size && new Painter(size, !alone);
      const { sources, voices } = scene();
      painter?.show(sources);
      mixer?.set(voices);
      // A recorder takes one track of each kind.
      const stream = new MediaStream([...(painter ? [painter.track] : []), ...(mixer?.tracks ?? voices.slice(0, 1))]);
      const recorder = new MediaRecorder(stream, {
        mimeType: mime, audioBitsPerSecond: audioBps, videoKeyFrameIntervalDuration: KEY_FRAME_MS,
        ...(size ? { videoBitsPerSecond: videoBps(size.width, size.height) } : {}),
      } as MediaRecorderOptions);
      return new Take(options, sink, painter, mixer, recorder, ended);
    } catch (error) {
      painter?.close();
      mixer?.close();
      await sink?.finish(0);
      throw error;
    }
  }

  private constructor(options: TakeOptions, sink: Sink, painter: Painter | null, mixer: Mixer | null, recorder: MediaRecorder, ended: (problem: TakeProblem) => void) {
    this.options = options;
    this.#sink = sink;
    this.#painter = painter;
    this.#mixer = mixer;
    this.#recorder = recorder;
    recorder.ondataavailable = ({ data }) => sink.write(data);
    recorder.onstart = () => { this.#sinceMs ||= performance.now(); };
    recorder.onerror = () => ended('failed');
    recorder.onstop = () => { if (!this.#stopping) ended('failed'); };
  }

  /** Whether all are heard in it, also those who come later. */
  get mixes(): boolean {
    return this.#mixer !== null;
  }

  get bytes(): number {
    return this.#sink.bytes;
  }

  get elapsedMs(): number {
    return this.#elapsedMs + (this.#sinceMs > 0 ? performance.now() - this.#sinceMs : 0);
  }

  start(): void {
    this.#recorder.start(PART_MS);
  }

  follow({ sources, voices }: Scene): void {
    this.#painter?.show(sources);
    this.#mixer?.set(voices);
  }

  pause(): void {
    if (this.#recorder.state !== 'recording') return;
    this.#recorder.pause();
    this.#elapsedMs = this.elapsedMs;
    this.#sinceMs = 0;
    if (this.#painter) this.#painter.paused = true;
  }

  resume(): void {
    if (this.#recorder.state !== 'paused') return;
    if (this.#painter) this.#painter.paused = false;
    this.#recorder.resume();
    this.#sinceMs = performance.now();
  }

  /** Resolves when the file is closed, with what went wrong on the disk. */
  async stop(): Promise<SinkProblem | null> {
    this.#stopping = true;
    const recorder = this.#recorder;
    const elapsedMs = this.#elapsedMs = this.elapsedMs;
    this.#sinceMs = 0;
    if (recorder.state !== 'inactive') {
      await new Promise<void>((resolve) => {
        recorder.onstop = () => resolve();
        recorder.stop();
      });
    }
    this.#painter?.close();
    this.#mixer?.close();
    return this.#sink.finish(elapsedMs);
  }
}

export function sizeOf(what: 'call' | 'person', height: number, picture: Size | null): Size {
  return what === 'call' ? { width: Math.round(height * 16 / 9), height } : sizeFor(picture);
}
