import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../src/emitter.js';

interface Events { tick: { n: number } }

test('on returns the unsubscribe, once hears one event, off stops', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  const off = emitter.on('tick', ({ n }) => heard.push(`on${n}`));
  emitter.once('tick', ({ n }) => heard.push(`once${n}`));
  const listener = ({ n }: { n: number }): void => void heard.push(`off${n}`);
  emitter.on('tick', listener);
  emitter.emit('tick', { n: 1 });
  off();
  emitter.off('tick', listener);
  emitter.emit('tick', { n: 2 });
  assert.deepEqual(heard, ['on1', 'once1', 'off1']);
});

test('a listener that throws is reported and stops nobody', () => {
  const reported: unknown[] = [];
  Object.assign(globalThis, { reportError: (error: unknown) => reported.push(error) });
  const emitter = new Emitter<Events>();
  const heard: number[] = [];
  emitter.on('tick', () => {
    throw new Error('mine');
  });
  emitter.on('tick', ({ n }) => heard.push(n));
  emitter.emit('tick', { n: 3 });
  assert.deepEqual(heard, [3]);
  assert.equal(reported.length, 1);
});

test('a listener may unsubscribe others while an event is delivered', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  emitter.on('tick', () => {
    heard.push('first');
    second();
  });
  const second = emitter.on('tick', () => heard.push('second'));
  emitter.emit('tick', { n: 1 });
  emitter.emit('tick', { n: 2 });
  assert.deepEqual(heard, ['first', 'second', 'first']);
});
