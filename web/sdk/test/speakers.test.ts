import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Speakers } from '../src/speakers.js';

/** Feeds levels every 250 ms; returns the changes of the active speaker. */
function run(levels: (nowMs: number) => Record<string, number>, untilMs: number): string[] {
  const speakers = new Speakers();
  const log: string[] = [];
  let last: string | null = null;
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 250) {
    for (const [id, level] of Object.entries(levels(nowMs))) speakers.hear(id, level, nowMs);
    const active = speakers.active(nowMs);
    if (active !== last) log.push(`${nowMs} ${active}`);
    last = active;
  }
  return log;
}

test('pauses between words do not end speaking, silence does', () => {
  const speakers = new Speakers();
  assert.equal(speakers.hear('a', 0.1, 0), true);
  assert.equal(speakers.hear('a', 0, 500), false);
  assert.equal(speakers.speaking('a'), true);
  assert.equal(speakers.hear('a', 0, 1000), true);
  assert.equal(speakers.speaking('a'), false);
});

test('noise below the threshold is not speech, but holds speech that has begun', () => {
  const speakers = new Speakers();
  speakers.hear('a', 0.015, 0);
  assert.equal(speakers.speaking('a'), false);
  speakers.hear('a', 0.1, 250);
  for (let nowMs = 500; nowMs < 5000; nowMs += 250) speakers.hear('a', 0.015, nowMs);
  assert.equal(speakers.speaking('a'), true);
});

test('the active speaker changes when the other is clearly louder for a while, or the first has stopped', () => {
  assert.deepEqual(run((nowMs) => ({ a: 0.1, b: nowMs > 2000 ? 0.12 : 0 }), 6000), ['0 a']);
  assert.deepEqual(run((nowMs) => ({ a: 0.05, b: nowMs > 2000 ? 0.3 : 0 }), 6000).map((line) => line.split(' ')[1]), ['a', 'b']);
  assert.deepEqual(run((nowMs) => ({ a: nowMs < 2000 ? 0.1 : 0, b: nowMs > 4000 ? 0.05 : 0 }), 6000), ['0 a', '4250 b']);
});

test('a short noise does not take over', () => {
  assert.deepEqual(run((nowMs) => ({ a: 0.1, b: nowMs === 2000 ? 0.9 : 0 }), 5000), ['0 a']);
});

test('nobody is the active speaker after three seconds of silence', () => {
  assert.deepEqual(run((nowMs) => ({ a: nowMs < 1000 ? 0.1 : 0 }), 9000), ['0 a', '4000 null']);
});
