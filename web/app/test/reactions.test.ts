import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bucket } from '../src/features/hands/bucket.js';
import { encodeReaction, parseReaction, reactions, type Reaction } from '../src/features/hands/reaction.js';

describe('reactions', () => {
  it('come back as they went', () => {
    for (const reaction of Object.keys(reactions) as Reaction[]) assert.equal(parseReaction(encodeReaction(reaction)), reaction);
  });
  it('are dropped when they are none of ours', () => {
    const bad = [
      new ArrayBuffer(4), '', 'null', '[]', '{}', '{"reaction":1}', '{"reaction":"fire"}', '{"reaction":"toString"}', '{"reaction":"__proto__"}',
      `{"reaction":"heart","more":"${'x'.repeat(100)}"}`, '{"reaction":', '👍',
    ];
    for (const data of bad) assert.equal(parseReaction(data), null, String(data).slice(0, 30));
  });
});

describe('Bucket', () => {
  it('gives a burst, and then so many a second', () => {
    const bucket = new Bucket(3, 2);
    assert.deepEqual([0, 0, 0, 0].map((at) => bucket.take(at)), [true, true, true, false]);
    assert.deepEqual([400, 500, 600, 1000].map((at) => bucket.take(at)), [false, true, false, true]);
  });
  it('never holds more than the burst, whatever the clock does', () => {
    const bucket = new Bucket(2, 1);
    assert.equal(bucket.take(1e9), true);
    assert.deepEqual([0, 0, 0].map((at) => bucket.take(at)), [true, false, false]);
    assert.deepEqual([1e12, 1e12, 1e12].map((at) => bucket.take(at)), [true, true, false]);
  });
});
