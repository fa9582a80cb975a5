/** Where each picture goes in a recording. Pure: what there is -> rectangles in pixels. */
import { arrange, type Rect } from '../../call/layout.js';

export interface Size { width: number; height: number }
export interface Cell extends Rect { key: string }

/** Oneself is one of the tiles here, and a screen takes most of the room. */
export function cells(size: Size, sources: readonly { key: string; screen: boolean }[]): Cell[] {
  const margin = marginOf(size);
  const area = { width: size.width - 2 * margin, height: size.height - 2 * margin };
  const placed = arrange(area, sources.map(({ key, screen }) => ({ key, kind: screen ? 'screen' : 'person' })), null);
  return placed.map(({ key, x, y, width, height }) => ({ key, x: x + margin, y: y + margin, width, height }));
}

export function marginOf({ height }: Size): number {
  return Math.round(height / 60);
}

/** The part of a picture that fills the cell. */
export function cover(picture: Size, cell: Size): Rect {
  const scale = Math.max(cell.width / picture.width, cell.height / picture.height);
  const [width, height] = [cell.width / scale, cell.height / scale];
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}

/** The part of the cell that the whole picture takes. */
export function contain(picture: Size, cell: Rect): Rect {
  const scale = Math.min(cell.width / picture.width, cell.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: cell.x + (cell.width - width) / 2, y: cell.y + (cell.height - height) / 2, width, height };
}

/**
 * The size of a recording of one picture: its own, for good, since a file cannot change it. Pictures of a call begin
 * small and grow, so it is not below 720 lines; encoders want even numbers.
 */
export function sizeFor(picture: Size | null): Size {
  const { width, height } = picture ?? { width: 1280, height: 720 };
  const short = Math.min(width, height);
  const scale = Math.min(Math.max(1, 720 / short), 1920 / Math.max(width, height));
  const even = (value: number): number => Math.max(2, 2 * Math.round(value * scale / 2));
  return { width: even(width), height: even(height) };
}
