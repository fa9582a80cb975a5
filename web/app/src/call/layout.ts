/**
 * Where each tile goes. Pure: an area and the tiles in it -> rectangles in pixels.
 *
 *   one on a stage (a screen, or somebody pinned)   the stage fills the area, the others form a strip
 *   two people                                      the other one fills the area, oneself is a small picture in its corner
 *   else                                            a grid of equal tiles, as large as they can be
 */
export interface Area { width: number; height: number }
export interface Rect { x: number; y: number; width: number; height: number }
export interface Item { key: string; kind: 'self' | 'person' | 'screen' }
export type Role = 'stage' | 'strip' | 'grid' | 'inset';
export interface Placed extends Rect { key: string; role: Role }

export function arrange(area: Area, items: readonly Item[], pinned: string | null): Placed[] {
  const gap = area.width < 600 ? 8 : 12;
  const stage = items.find((item) => item.key === pinned) ?? items.findLast((item) => item.kind === 'screen');
  if (stage && items.length > 1) return arrangeStage(area, items, stage, gap);
  const self = items.find((item) => item.kind === 'self');
  const other = items.find((item) => item.kind !== 'self');
  if (items.length === 2 && self && other) {
    return [{ key: other.key, role: 'grid', ...fit(area, 0.5, 2.1) }, { key: self.key, role: 'inset', ...inset(area, gap) }];
  }
  return arrangeGrid(area, items, gap, stage !== undefined);
}

function arrangeStage(area: Area, items: readonly Item[], stage: Item, gap: number): Placed[] {
  const rest = items.filter((item) => item !== stage);
  const beside = area.width > area.height * 1.2 && area.width >= 640;
  const strip = beside ? clamp(area.width * 0.2, 150, 280) : clamp(area.height * 0.2, 84, 160);
  const main: Rect = beside
    ? { x: 0, y: 0, width: area.width - strip - gap, height: area.height }
    : { x: 0, y: strip + gap, width: area.width, height: area.height - strip - gap };
  const placed: Placed[] = [{ key: stage.key, role: 'stage', ...main }];
  const along = (beside ? area.height : area.width) - gap * (rest.length - 1);
  const length = Math.min(along / rest.length, beside ? strip / (4 / 3) : strip * (4 / 3));
  const used = length * rest.length + gap * (rest.length - 1);
  const start = ((beside ? area.height : area.width) - used) / 2;
  rest.forEach((item, index) => {
    const offset = start + index * (length + gap);
    placed.push(beside
      ? { key: item.key, role: 'strip', x: area.width - strip, y: offset, width: strip, height: length }
      : { key: item.key, role: 'strip', x: offset, y: 0, width: length, height: strip });
  });
  return placed.map(rounded);
}

function arrangeGrid(area: Area, items: readonly Item[], gap: number, screen: boolean): Placed[] {
  const { columns, width, height } = bestGrid(area, items.length, gap, screen);
  const rows = Math.ceil(items.length / columns);
  const top = (area.height - rows * height - (rows - 1) * gap) / 2;
  return items.map((item, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? items.length - row * columns : columns;
    const left = (area.width - inRow * width - (inRow - 1) * gap) / 2;
    const x = left + (index - row * columns) * (width + gap);
    return rounded({ key: item.key, role: 'grid', x, y: top + row * (height + gap), width, height });
  });
}

/** The number of columns that gives the largest tiles. */
function bestGrid(area: Area, count: number, gap: number, screen: boolean): { columns: number; width: number; height: number } {
  const tall = area.height > area.width;
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const cell = {
      width: Math.max(0, (area.width - gap * (columns - 1)) / columns),
      height: Math.max(0, (area.height - gap * (rows - 1)) / rows),
    };
    const { width, height } = screen ? cell : count === 1 ? fit(cell, 0.5, 2.1) : fit(cell, tall ? 0.54 : 1.2, 1.78);
    if (width * height > best.width * best.height) best = { columns, width, height };
  }
  return best;
}

/** The largest rectangle in the middle of `area` whose width / height lies between the two. */
function fit(area: Area, aspectMin: number, aspectMax: number): Rect {
  const width = Math.min(area.width, area.height * aspectMax);
  const height = Math.min(area.height, area.width / aspectMin);
  return rounded({ x: (area.width - width) / 2, y: (area.height - height) / 2, width, height });
}

function inset(area: Area, gap: number): Rect {
  const tall = area.height > area.width;
  const width = tall ? clamp(area.width * 0.27, 84, 150) : clamp(area.width * 0.19, 130, 260);
  const height = tall ? width * (4 / 3) : width / (16 / 10);
  const main = fit(area, 0.5, 2.1);
  const margin = gap + 4;
  return rounded({
    x: main.x + main.width - width - margin, y: main.y + main.height - height - margin, width, height,
  });
}

function rounded<T extends Rect>(rect: T): T {
  return {
    ...rect, x: Math.round(rect.x), y: Math.round(rect.y), width: Math.round(rect.width), height: Math.round(rect.height),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
