/** The arithmetic of a small convolutional network. Tensors are rows of pixels of channels (NHWC) of one picture. */

export interface Size { height: number; width: number; depth: number }

/** Convolution with kernels of one pixel: each pixel's channels are mixed anew. `weights` is [out][in]. */
export function pointwise(input: Float32Array, weights: Float32Array, bias: Float32Array, output: Float32Array, inDepth: number, outDepth: number): void {
  const pixels = output.length / outDepth;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * inDepth;
    const to = pixel * outDepth;
    let o = 0;
    // Four sums at once: each value is read once for four results.
    for (; o + 3 < outDepth; o += 4) {
      const w0 = o * inDepth;
      const w1 = w0 + inDepth;
      const w2 = w1 + inDepth;
      const w3 = w2 + inDepth;
      let a = bias[o] as number;
      let b = bias[o + 1] as number;
      let c = bias[o + 2] as number;
      let d = bias[o + 3] as number;
      for (let i = 0; i < inDepth; i++) {
        const x = input[from + i] as number;
        a += x * (weights[w0 + i] as number);
        b += x * (weights[w1 + i] as number);
        c += x * (weights[w2 + i] as number);
        d += x * (weights[w3 + i] as number);
      }
      output[to + o] = a;
      output[to + o + 1] = b;
      output[to + o + 2] = c;
      output[to + o + 3] = d;
    }
    for (; o < outDepth; o++) {
      let sum = bias[o] as number;
      for (let i = 0; i < inDepth; i++) sum += (input[from + i] as number) * (weights[o * inDepth + i] as number);
      output[to + o] = sum;
    }
  }
}

export interface Window { kernel: readonly [height: number, width: number]; stride: readonly [y: number, x: number]; pad: readonly [top: number, left: number] }

/** Any convolution. `weights` is [out][y][x][in]. */
export function convolve(
  input: Float32Array, from: Size, weights: Float32Array, bias: Float32Array, output: Float32Array, to: Size, { kernel: [kh, kw], stride, pad }: Window,
): void {
  let at = 0;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const top = y * stride[0] - pad[0];
      const left = x * stride[1] - pad[1];
      for (let o = 0; o < to.depth; o++) {
        let sum = bias[o] as number;
        for (let ky = Math.max(0, -top); ky < kh && top + ky < from.height; ky++) {
          for (let kx = Math.max(0, -left); kx < kw && left + kx < from.width; kx++) {
            const i = ((top + ky) * from.width + left + kx) * from.depth;
            const w = ((o * kh + ky) * kw + kx) * from.depth;
            for (let c = 0; c < from.depth; c++) sum += (input[i + c] as number) * (weights[w + c] as number);
          }
        }
        output[at++] = sum;
      }
    }
  }
}

/** Each channel by itself. `weights` is [y][x][channel]. */
export function depthwise(
  input: Float32Array, from: Size, weights: Float32Array, bias: Float32Array, output: Float32Array, to: Size, { kernel: [kh, kw], stride, pad }: Window,
): void {
  const { depth } = to;
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const at = (y * to.width + x) * depth;
      const top = y * stride[0] - pad[0];
      const left = x * stride[1] - pad[1];
      output.set(bias, at);
      for (let ky = Math.max(0, -top); ky < kh && top + ky < from.height; ky++) {
        for (let kx = Math.max(0, -left); kx < kw && left + kx < from.width; kx++) {
          const i = ((top + ky) * from.width + left + kx) * depth;
          const w = (ky * kw + kx) * depth;
          for (let c = 0; c < depth; c++) output[at + c] = (output[at + c] as number) + (input[i + c] as number) * (weights[w + c] as number);
        }
      }
    }
  }
}

/** The transposed convolution with a kernel as large as its stride: each pixel becomes a field of pixels of one channel. */
export function unfold(input: Float32Array, from: Size, weights: Float32Array, bias: number, output: Float32Array, size: number): void {
  const width = from.width * size;
  for (let y = 0; y < from.height * size; y++) {
    for (let x = 0; x < width; x++) {
      const i = (Math.floor(y / size) * from.width + Math.floor(x / size)) * from.depth;
      const w = ((y % size) * size + (x % size)) * from.depth;
      let sum = bias;
      for (let c = 0; c < from.depth; c++) sum += (input[i + c] as number) * (weights[w + c] as number);
      output[y * width + x] = sum;
    }
  }
}

/** Bilinear, with pixels' centres at halves. */
export function resize(input: Float32Array, from: Size, output: Float32Array, to: Size): void {
  const { depth } = from;
  const rows = positions(from.height, to.height);
  const columns = positions(from.width, to.width);
  let at = 0;
  for (const [y0, y1, fy] of rows) {
    for (const [x0, x1, fx] of columns) {
      const a = (y0 * from.width + x0) * depth;
      const b = (y0 * from.width + x1) * depth;
      const c = (y1 * from.width + x0) * depth;
      const d = (y1 * from.width + x1) * depth;
      for (let i = 0; i < depth; i++) {
        const upper = (input[a + i] as number) * (1 - fx) + (input[b + i] as number) * fx;
        const lower = (input[c + i] as number) * (1 - fx) + (input[d + i] as number) * fx;
        output[at++] = upper * (1 - fy) + lower * fy;
      }
    }
  }
}

function positions(from: number, to: number): [low: number, high: number, fraction: number][] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, Math.min(from - 1, (i + 0.5) * from / to - 0.5));
    const low = Math.floor(at);
    return [low, Math.min(low + 1, from - 1), at - low];
  });
}

/** Mean of each channel over the picture. */
export function average(input: Float32Array, output: Float32Array): void {
  const depth = output.length;
  output.fill(0);
  for (let i = 0; i < input.length; i += depth) for (let c = 0; c < depth; c++) output[c] = (output[c] as number) + (input[i + c] as number);
  const pixels = input.length / depth;
  for (let c = 0; c < depth; c++) output[c] = (output[c] as number) / pixels;
}

export function add(a: Float32Array, b: Float32Array, output: Float32Array): void {
  for (let i = 0; i < output.length; i++) output[i] = (a[i] as number) + (b[i] as number);
}

/** `b` may be one value for each channel. */
export function multiply(a: Float32Array, b: Float32Array, output: Float32Array): void {
  const depth = b.length;
  for (let i = 0; i < output.length; i += depth) for (let c = 0; c < depth; c++) output[i + c] = (a[i + c] as number) * (b[c] as number);
}

export function relu(input: Float32Array, output: Float32Array): void {
  for (let i = 0; i < output.length; i++) output[i] = Math.max(0, input[i] as number);
}

export function hardSwish(input: Float32Array, output: Float32Array): void {
  for (let i = 0; i < output.length; i++) {
    const x = input[i] as number;
    output[i] = x * Math.min(6, Math.max(0, x + 3)) / 6;
  }
}

export function logistic(input: Float32Array, output: Float32Array): void {
  for (let i = 0; i < output.length; i++) output[i] = 1 / (1 + Math.exp(-(input[i] as number)));
}
