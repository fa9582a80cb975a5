/** Keeps the person sharp and softens what is behind them. */
import type { Network } from './network.js';

type Picture = VideoFrame | ImageBitmap;
type Context = OffscreenCanvasRenderingContext2D;

/** The background is softened in a picture of this width. */
const SOFT_WIDTH = 160;
const SOFT_RADIUS = 4;
/** How much of a new mask counts at once: less flickers less, more follows faster. */
const FRESH = 0.65;

export class Painter {
  readonly canvas = new OffscreenCanvas(1, 1);
  readonly #context = open(this.canvas);
  readonly #network: Network;
  readonly #small: OffscreenCanvas;
  readonly #smallContext: Context;
  readonly #soft = new OffscreenCanvas(SOFT_WIDTH, 1);
  readonly #softContext = open(this.#soft);
  readonly #input: Float32Array;
  readonly #mask: Float32Array;
  #first = true;

  constructor(network: Network) {
    this.#network = network;
    const { width, height } = network.input;
    this.#small = new OffscreenCanvas(width, height);
    this.#smallContext = open(this.#small);
    this.#input = new Float32Array(width * height * 3);
    this.#mask = new Float32Array(width * height);
  }

  /** Draws the picture onto `canvas`. */
  paint(picture: Picture, width: number, height: number): void {
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.#soft.height = Math.max(1, Math.round(SOFT_WIDTH * height / width));
      this.#first = true;
    }
    const place = contain(width, height, this.#small);
    this.#segment(picture, place);
    this.#soften(picture, place);
    const context = this.#context;
    context.globalCompositeOperation = 'copy';
    context.drawImage(this.#small, place.x, place.y, place.width, place.height, 0, 0, width, height);
    context.globalCompositeOperation = 'source-in';
    context.drawImage(picture, 0, 0, width, height);
    context.globalCompositeOperation = 'destination-over';
    context.drawImage(this.#soft, 0, 0, width, height);
  }

  /** Leaves in `small` where the person is, as opacity. */
  #segment(picture: Picture, place: Place): void {
    const context = this.#smallContext;
    const { width, height } = this.#small;
    context.globalCompositeOperation = 'copy';
    context.drawImage(picture, place.x, place.y, place.width, place.height);
    const image = context.getImageData(0, 0, width, height);
    const { data } = image;
    for (let i = 0, o = 0; i < data.length; i += 4) {
      this.#input[o++] = (data[i] as number) / 255;
      this.#input[o++] = (data[i + 1] as number) / 255;
      this.#input[o++] = (data[i + 2] as number) / 255;
    }
    const found = this.#network.run(this.#input);
    const fresh = this.#first ? 1 : FRESH;
    this.#first = false;
    for (let i = 0; i < found.length; i++) {
      const likely = (this.#mask[i] as number) * (1 - fresh) + (found[i] as number) * fresh;
      this.#mask[i] = likely;
      data[i * 4 + 3] = 255 * edge(likely);
    }
    context.putImageData(image, 0, 0);
  }

  /** Blurs what is not the person, so that they leave no halo of their own colours around them. */
  #soften(picture: Picture, { x, y, width: w, height: h }: Place): void {
    const { width, height } = this.#soft;
    const context = this.#softContext;
    context.globalCompositeOperation = 'copy';
    context.drawImage(picture, 0, 0, width, height);
    context.globalCompositeOperation = 'destination-out';
    context.drawImage(this.#small, x, y, w, h, 0, 0, width, height);
    const image = context.getImageData(0, 0, width, height);
    const { data } = image;
    const weighted = new Float32Array(data.length);
    for (let i = 0; i < data.length; i += 4) {
      // A little of everything, for where there is nothing but the person far around.
      const weight = Math.max(data[i + 3] as number, 1);
      for (let c = 0; c < 3; c++) weighted[i + c] = (data[i + c] as number) * weight;
      weighted[i + 3] = weight;
    }
    // Three box blurs come near a Gaussian one.
    for (let i = 0; i < 3; i++) {
      boxBlur(weighted, width, height, 4, width * 4, SOFT_RADIUS);
      boxBlur(weighted, height, width, width * 4, 4, SOFT_RADIUS);
    }
    for (let i = 0; i < data.length; i += 4) {
      for (let c = 0; c < 3; c++) data[i + c] = (weighted[i + c] as number) / (weighted[i + 3] as number);
      data[i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
}

interface Place { x: number; y: number; width: number; height: number }

/** The network has seen people upright and in proportion. */
function contain(width: number, height: number, area: { width: number; height: number }): Place {
  const scale = Math.min(area.width / width, area.height / height);
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  return { x: Math.floor((area.width - w) / 2), y: Math.floor((area.height - h) / 2), width: w, height: h };
}

/** Sure is sure; in between there is a soft edge. */
function edge(likely: number): number {
  const x = Math.max(0, Math.min(1, (likely - 0.3) / 0.45));
  return x * x * (3 - 2 * x);
}

/** Along lines of `length` pixels that are `step` values apart; `lines` of them, `next` values apart. */
export function boxBlur(data: Float32Array, length: number, lines: number, step: number, next: number, radius: number): void {
  const window = radius * 2 + 1;
  const line = new Float32Array(length);
  for (let l = 0; l < lines; l++) {
    for (let channel = 0; channel < 4; channel++) {
      const start = l * next + channel;
      for (let i = 0; i < length; i++) line[i] = data[start + i * step] as number;
      const value = (i: number): number => line[Math.max(0, Math.min(length - 1, i))] as number;
      let sum = 0;
      for (let i = -radius; i <= radius; i++) sum += value(i);
      for (let i = 0; i < length; i++) {
        data[start + i * step] = sum / window;
        sum += value(i + radius + 1) - value(i - radius);
      }
    }
  }
}

function open(canvas: OffscreenCanvas): Context {
  // Read at each picture: the processor's memory is the right place.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.imageSmoothingQuality = 'high';
  return context;
}
