/** Paints the people of a call into one picture, again and again, also while the page is hidden. */
import { initials } from '../../ui/avatar.js';
import { openWorker } from '../../ui/worker.js';
import { cells, contain, cover, type Cell, type Size } from './grid.js';
import type { FromWorker, ToWorker } from './protocol.js';

export interface Source {
  key: string;
  name: string;
  screen: boolean;
  /** Degrees; of the tile of who has no picture. */
  hue: number;
  stream: MediaStream | null;
}

export const frameRate = 25;
const ground = '#101413';

export class Painter {
  readonly size: Size;
  readonly track: MediaStreamTrack;
  readonly #context: CanvasRenderingContext2D;
  readonly #videos = new Map<string, HTMLVideoElement>();
  readonly #clock = openWorker('features/recording/worker.ts');
  readonly #names: boolean;
  #sources: readonly Source[] = [];
  #cells: readonly Cell[] = [];
  paused = false;

  /** Without `names` the one picture there is fills all. */
  constructor(size: Size, names: boolean) {
    this.size = size;
    this.#names = names;
    const canvas = document.createElement('canvas');
    canvas.width = size.width;
    canvas.height = size.height;
    const context = canvas.getContext('2d', { alpha: false });
    const track = context && canvas.captureStream(frameRate).getVideoTracks()[0];
    if (!track) throw new Error('a canvas gives no track here');
    this.#context = context;
    this.track = track;
    // The page's own timers nearly stop while it is hidden; a worker's go on.
    this.#clock.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'tick' && !this.paused) this.#paint();
    };
    this.#clock.postMessage({ type: 'clock', periodMs: 1000 / frameRate } satisfies ToWorker);
  }

  show(sources: readonly Source[]): void {
    this.#sources = sources;
    this.#cells = this.#names ? cells(this.size, sources) : sources.map(({ key }) => ({ key, x: 0, y: 0, ...this.size }));
    for (const { key, stream } of sources) this.#play(key, stream);
    for (const key of [...this.#videos.keys()]) if (!sources.some((source) => source.key === key)) this.#play(key, null);
    if (!this.paused) this.#paint();
  }

  close(): void {
    this.#clock.terminate();
    this.show([]);
    this.track.stop();
  }

  #play(key: string, stream: MediaStream | null): void {
    const old = this.#videos.get(key);
    if ((old?.srcObject ?? null) === stream) return;
    if (!stream) {
      if (old) old.srcObject = null;
      this.#videos.delete(key);
      return;
    }
    const video = old ?? document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    void video.play().catch(() => undefined); // it plays when it has a picture
    this.#videos.set(key, video);
  }

  #paint(): void {
    const context = this.#context;
    context.fillStyle = ground;
    context.fillRect(0, 0, this.size.width, this.size.height);
    for (const cell of this.#cells) {
      const source = this.#sources.find(({ key }) => key === cell.key);
      if (!source) continue;
      context.save();
      this.#outline(cell.x, cell.y, cell.width, cell.height, this.#names ? this.#unit(12) : 0);
      context.clip();
      this.#paintPicture(source, cell);
      if (this.#names) this.#paintName(source, cell);
      context.restore();
    }
  }

  #paintPicture(source: Source, cell: Cell): void {
    const video = this.#videos.get(source.key);
    const picture = video && video.readyState >= video.HAVE_CURRENT_DATA && video.videoWidth > 0 ? { width: video.videoWidth, height: video.videoHeight } : null;
    const context = this.#context;
    context.fillStyle = source.screen || picture ? '#0b0e0d' : `hsl(${source.hue} 16% 16%)`;
    context.fillRect(cell.x, cell.y, cell.width, cell.height);
    if (!video || !picture) {
      if (!source.screen) this.#paintLetters(source, cell);
      return;
    }
    if (source.screen || !this.#names) {
      const to = contain(picture, cell);
      context.drawImage(video, to.x, to.y, to.width, to.height);
      return;
    }
    const from = cover(picture, cell);
    context.drawImage(video, from.x, from.y, from.width, from.height, cell.x, cell.y, cell.width, cell.height);
  }

  #paintLetters({ name, hue }: Source, cell: Cell): void {
    const context = this.#context;
    const radius = Math.min(cell.width, cell.height) * 0.17;
    const [x, y] = [cell.x + cell.width / 2, cell.y + cell.height / 2];
    context.fillStyle = `hsl(${hue} 34% 34%)`;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = '#f3f6f4';
    context.font = `600 ${radius * 0.8}px sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(initials(name), x, y);
  }

  #paintName({ name }: Source, cell: Cell): void {
    const context = this.#context;
    const [size, pad, inset] = [this.#unit(17), this.#unit(9), this.#unit(10)];
    context.font = `550 ${size}px sans-serif`;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    const width = Math.min(context.measureText(name).width, cell.width - 2 * (pad + inset));
    const height = size * 1.65;
    const top = cell.y + cell.height - inset - height;
    context.fillStyle = 'rgb(13 18 16 / 78%)';
    this.#outline(cell.x + inset, top, width + 2 * pad, height, this.#unit(8));
    context.fill();
    context.fillStyle = '#f6f8f7';
    context.fillText(name, cell.x + inset + pad, top + height / 2, width);
  }

  #outline(x: number, y: number, width: number, height: number, radius: number): void {
    const context = this.#context;
    context.beginPath();
    // Firefox before 112 and Safari before 16 have no round corners.
    if ('roundRect' in context) context.roundRect(x, y, width, height, radius);
    else (context as CanvasRenderingContext2D).rect(x, y, width, height);
  }

  /** Pixels of a picture of 720 lines. */
  #unit(pixels: number): number {
    return pixels * this.size.height / 720;
  }
}
