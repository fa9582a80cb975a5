import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf } from '../src/features/room/qr.js';

/** The modules of a path of runs like "M4 4h7v1h-7z". */
function modules(path: string): Set<string> {
  const dark = new Set<string>();
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let n = 0; n < Number(run); n++) dark.add(`${Number(x) + n},${y}`);
  }
  return dark;
}

describe('codeOf', () => {
  const { size, path } = codeOf('https://parley.example/r/k3vq-9xwd-mm2t-7hcp');
  const dark = modules(path);

  it('is made of nothing but runs of modules', () => {
    assert.match(path, /^(M\d+ \d+h\d+v1h-\d+z)+$/);
  });
  it('has the three finders, and four modules of free space around', () => {
    const [first, last] = [4, size - 5];
    for (const [x, y] of [[first, first], [last, first], [first, last]] as const) assert.ok(dark.has(`${x},${y}`), `${x},${y}`);
    for (const at of dark) for (const n of at.split(',').map(Number)) assert.ok(n >= first && n <= last, at);
    for (let n = 0; n < 7; n++) assert.ok(dark.has(`${first + n},${first}`) && !dark.has(`${first + 7},${first + n}`));
  });
  it('holds the longest invite', () => {
    assert.ok(codeOf(`https://parley.example/r/${'r'.repeat(64)}#invite=${'x'.repeat(400)}`).size > size);
  });
});
