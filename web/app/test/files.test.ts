import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentOf, sumIncoming, sumOutgoing, withoutReturned } from '../src/features/files/summary.js';

/** Like the SDK's own, whose members are getters of a class. */
class Receiver {
  readonly #of: { peer: string; state: 'sending' | 'done' | 'away'; sentBytes: number; rateBps: number };
  constructor(of: Receiver['values']) { this.#of = of; }
  get values(): { peer: string; state: 'sending' | 'done' | 'away'; sentBytes: number; rateBps: number } { return this.#of; }
  get peer(): string { return this.#of.peer; }
  get state(): 'sending' | 'done' | 'away' { return this.#of.state; }
  get sentBytes(): number { return this.#of.sentBytes; }
  get rateBps(): number { return this.#of.rateBps; }
}

test('what several files to one receiver come to', () => {
  const boris = (state: 'sending' | 'done' | 'away', sentBytes: number): [string, Receiver] => ['b', new Receiver({ peer: 'b', state, sentBytes, rateBps: 800 })];
  const [sum] = sumOutgoing([
    { bytes: 100, receivers: new Map([boris('done', 0)]) },
    { bytes: 300, receivers: new Map([boris('sending', 100)]) },
  ]);
  assert.deepEqual(sum, { peer: 'b', state: 'sending', files: 2, bytes: 400, doneBytes: 200, rateBps: 1600, secondsLeft: 1 });
});

test('what is not wanted is not waited for', () => {
  const sum = sumIncoming([
    { state: 'receiving', bytes: 200, receivedBytes: 50, rateBps: 0 },
    { state: 'refused', bytes: 999, receivedBytes: 0, rateBps: 0 },
  ]);
  assert.equal(sum.state, 'receiving');
  assert.equal(percentOf(sum), 25);
  assert.equal(sum.secondsLeft, null);
});

test('whoever comes back takes the place of who was away', () => {
  const names: Record<string, string> = { a: 'Ann', b1: 'Boris', b2: 'Boris', b3: 'Boris', c: 'Chen' };
  const shown = withoutReturned([
    { peer: 'b1', state: 'away' as const }, { peer: 'c', state: 'away' as const }, { peer: 'b2', state: 'away' as const },
    { peer: 'a', state: 'done' as const }, { peer: 'b3', state: 'sending' as const },
  ], (peer) => names[peer] ?? '');
  assert.deepEqual(shown.map(({ peer }) => peer), ['c', 'a', 'b3']);
});
