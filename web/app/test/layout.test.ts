import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arrange, type Area, type Item, type Placed } from '../src/call/layout.js';

const self: Item = { key: 'self', kind: 'self' };
const person = (key: string): Item => ({ key, kind: 'person' });
const screen = (key: string): Item => ({ key: `${key}:screen`, kind: 'screen' });

const areas: Record<string, Area> = {
  desktop: { width: 1176, height: 660 }, wide: { width: 2400, height: 900 }, 'desktop with a panel': { width: 804, height: 660 },
  phone: { width: 344, height: 620 }, 'phone on its side': { width: 740, height: 250 }, 'very small': { width: 200, height: 120 },
};
const groups: Record<string, Item[]> = {
  one: [self], two: [person('a'), self], three: [person('a'), person('b'), self], four: [person('a'), person('b'), person('c'), self],
  'two and a screen': [person('a'), self, screen('a')], 'four and two screens': [person('a'), person('b'), person('c'), self, screen('a'), screen('b')],
};

function overlap(a: Placed, b: Placed): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe('arrange', () => {
  for (const [areaName, area] of Object.entries(areas)) {
    for (const [groupName, items] of Object.entries(groups)) {
      it(`keeps ${groupName} inside of ${areaName}, apart from each other`, () => {
        const placed = arrange(area, items, null);
        assert.deepEqual(placed.map(({ key }) => key).sort(), items.map(({ key }) => key).sort());
        for (const tile of placed) {
          assert.ok(tile.width > 0 && tile.height > 0, `${tile.key} has no size`);
          assert.ok(tile.x >= -1 && tile.y >= -1 && tile.x + tile.width <= area.width + 1 && tile.y + tile.height <= area.height + 1, `${tile.key} is outside`);
        }
        const flat = placed.filter(({ role }) => role !== 'inset');
        flat.forEach((a, i) => flat.slice(i + 1).forEach((b) => assert.ok(!overlap(a, b), `${a.key} lies over ${b.key}`)));
      });
    }
  }

  it('gives two people the whole area and a small self view in its corner', () => {
    const [other, own] = arrange({ width: 1176, height: 660 }, [person('a'), self], null);
    assert.deepEqual(other, { key: 'a', role: 'grid', x: 0, y: 0, width: 1176, height: 660 });
    assert.equal(own?.role, 'inset');
    assert.ok(own && own.x + own.width > 1100 && own.y + own.height > 600);
  });

  it('makes a grid of equal tiles for four', () => {
    const placed = arrange({ width: 1176, height: 660 }, groups.four ?? [], null);
    assert.equal(new Set(placed.map(({ width, height }) => `${width}x${height}`)).size, 1);
    assert.equal(new Set(placed.map(({ x }) => x)).size, 2);
  });

  it('stacks three on a phone', () => {
    const placed = arrange({ width: 344, height: 620 }, groups.three ?? [], null);
    assert.equal(new Set(placed.map(({ x }) => x)).size, 1);
  });

  it('puts the newest screen on the stage, and whoever is pinned before it', () => {
    const items = groups['four and two screens'] ?? [];
    const staged = (pinned: string | null): string | undefined => arrange(areas.desktop!, items, pinned).find(({ role }) => role === 'stage')?.key;
    assert.equal(staged(null), 'b:screen');
    assert.equal(staged('c'), 'c');
    assert.equal(staged('nobody'), 'b:screen');
  });
});
