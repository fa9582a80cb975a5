// Makes a screenshot small: true colour becomes a palette of at most 256, chosen by median cut.
import { deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function shrinkPNG(png) {
  const { width, height, pixels } = decode(png);
  const { palette, indexOf } = quantize(pixels);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0, at = 0, out = 0; y < height; y++) {
    out++; // filter 0, the best one for a palette
    for (let x = 0; x < width; x++, at += 3) rows[out++] = indexOf(pixels[at], pixels[at + 1], pixels[at + 2]);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    signature, chunk('IHDR', header), chunk('PLTE', Buffer.from(palette.flat())), chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** An 8 bit RGB or RGBA picture without interlace, as browsers write them, to RGB. */
function decode(png) {
  const data = [];
  let width = 0;
  let height = 0;
  let channels = 0;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
      channels = body[9] === 6 ? 4 : 3;
    }
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  const raw = unfilter(inflateSync(Buffer.concat(data)), width * channels, height, channels);
  if (channels === 3) return { width, height, pixels: raw };
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0, o = 0; i < raw.length; i += 4) {
    pixels[o++] = raw[i];
    pixels[o++] = raw[i + 1];
    pixels[o++] = raw[i + 2];
  }
  return { width, height, pixels };
}

function unfilter(data, stride, height, bytes) {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= bytes ? out[at - bytes] : 0;
      const up = y > 0 ? out[at - stride] : 0;
      const corner = x >= bytes && y > 0 ? out[at - stride - bytes] : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[at] = data[y * (stride + 1) + 1 + x] + predicted;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function quantize(pixels) {
  const counts = new Map();
  for (let i = 0; i < pixels.length; i += 3) {
    const color = (pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2];
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const colors = [...counts].map(([color, count]) => ({ rgb: [color >> 16, (color >> 8) & 255, color & 255], count }));
  const measured = [measure(colors)];
  while (measured.length < 256) {
    const widest = measured.reduce((best, box) => (box.weight > best.weight ? box : best));
    if (widest.weight === 0) break;
    measured.splice(measured.indexOf(widest), 1, ...split(widest.box, widest.axis).map(measure));
  }
  const boxes = measured.map(({ box }) => box);
  const nearest = new Map();
  const palette = boxes.map((box, index) => {
    const total = box.reduce((sum, { count }) => sum + count, 0);
    for (const { rgb: [r, g, b] } of box) nearest.set((r << 16) | (g << 8) | b, index);
    // The commonest colour of a box stands for it: flat areas keep theirs exactly.
    const first = box.reduce((best, entry) => (entry.count > best.count ? entry : best));
    if (first.count * 2 > total) return first.rgb;
    return [0, 1, 2].map((i) => Math.round(box.reduce((sum, { rgb, count }) => sum + rgb[i] * count, 0) / total));
  });
  return { palette, indexOf: (r, g, b) => nearest.get((r << 16) | (g << 8) | b) };
}

function measure(box) {
  const low = [255, 255, 255];
  const high = [0, 0, 0];
  let count = 0;
  for (const entry of box) {
    count += entry.count;
    for (let i = 0; i < 3; i++) {
      low[i] = Math.min(low[i], entry.rgb[i]);
      high[i] = Math.max(high[i], entry.rgb[i]);
    }
  }
  const spans = high.map((value, i) => value - low[i]);
  const span = Math.max(...spans);
  return { box, axis: spans.indexOf(span), weight: span * span * Math.sqrt(count) };
}

function split(box, axis) {
  const sorted = box.toSorted((a, b) => a.rgb[axis] - b.rgb[axis]);
  const middle = (sorted[0].rgb[axis] + sorted.at(-1).rgb[axis]) / 2;
  const at = Math.min(sorted.length - 1, Math.max(1, sorted.findIndex(({ rgb }) => rgb[axis] > middle)));
  return [sorted.slice(0, at), sorted.slice(at)];
}

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(type, body) {
  const result = Buffer.alloc(body.length + 12);
  result.writeUInt32BE(body.length, 0);
  result.write(type, 4, 'latin1');
  body.copy(result, 8);
  let crc = 0xffffffff;
  for (const byte of result.subarray(4, body.length + 8)) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
  result.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 8);
  return result;
}
