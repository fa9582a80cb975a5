/** A QR code as one path of squares, for an SVG of ours. */
import { correction, generate } from 'lean-qr';

export interface QRCode { size: number; path: string }

/** What the standard wants free around the code. */
const quiet = 4;

export function codeOf(text: string): QRCode {
  const bitmap = generate(text, { minCorrectionLevel: correction.L, maxCorrectionLevel: correction.M });
  let path = '';
  for (let y = 0; y < bitmap.size; y++) {
    for (let x = 0; x < bitmap.size; x++) {
      if (!bitmap.get(x, y)) continue;
      const from = x;
      while (bitmap.get(x + 1, y)) x++;
      path += `M${from + quiet} ${y + quiet}h${x - from + 1}v1h${from - x - 1}z`;
    }
  }
  return { size: bitmap.size + 2 * quiet, path };
}
