import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recovery, type Observation } from '../src/recovery.js';

const CALM: Observation = {
  nowMs: 0, silentMs: 0, mediaFlowed: true, remoteHidden: false, ice: 'connected', dtlsFailed: false, follows: false, offering: false,
  returnedAtMs: -Infinity, reachable: true, away: false,
};

/** Observes four times a second from `from` to `to`; returns what was done, and when. */
function run(recovery: Recovery, from: number, to: number, at: (nowMs: number) => Partial<Observation>): string[] {
  const log: string[] = [];
  let last = '';
  for (let nowMs = from; nowMs <= to; nowMs += 250) {
    const { state, remedy } = recovery.observe({ ...CALM, nowMs, ...at(nowMs) });
    if (state !== last) log.push(`${nowMs} ${state}`);
    if (remedy) log.push(`${nowMs} ${remedy}`);
    if (remedy === 'replace') recovery.replaced(nowMs);
    last = state;
  }
  return log;
}

const silentSince = (since: number, more: Partial<Observation> = {}) => (nowMs: number): Partial<Observation> =>
  ({ silentMs: Math.max(0, nowMs - since), ...more });

test('nothing is done while all is well', () => {
  assert.deepEqual(run(new Recovery(0), 0, 60_000, () => ({})), ['0 connected']);
});

test('silence brings a restart within a second, and soon after that a new connection', () => {
  const log = run(new Recovery(0), 0, 4_750, silentSince(1_000));
  assert.deepEqual(log, ['0 connected', '2000 restart', '2750 reconnecting', '4750 replace']);
});

test('the time of a restart begins with its answer', () => {
  const recovery = new Recovery(0);
  run(recovery, 0, 2_000, silentSince(1_000));
  assert.deepEqual(run(recovery, 2_250, 4_000, silentSince(1_000, { offering: true })), ['2250 connected', '2750 reconnecting']);
  recovery.attempted(4_100);
  assert.deepEqual(run(recovery, 4_250, 6_750, silentSince(1_000)), ['4250 reconnecting', '6750 replace']);
});

test('the follower leaves the first restart, and the new connection, to the other', () => {
  const log = run(new Recovery(0), 0, 8_750, silentSince(1_000, { follows: true }));
  assert.deepEqual(log, ['0 connected', '2750 reconnecting', '3500 restart', '8750 replace']);
});

test('a restart that was begun before the silence was seen gets its time', () => {
  const recovery = new Recovery(0);
  recovery.attempted(1_500);
  assert.deepEqual(run(recovery, 1_750, 4_250, silentSince(1_000)), ['1750 connected', '2750 reconnecting', '4250 replace']);
});

test('a negotiation long before the silence is no attempt', () => {
  const recovery = new Recovery(0);
  recovery.attempted(1_000);
  assert.deepEqual(run(recovery, 9_000, 10_000, silentSince(9_000)), ['9000 connected', '10000 restart']);
});

test('an offer that awaits its answer is not doubled, one that never gets it is given up', () => {
  const log = run(new Recovery(0), 0, 13_750, silentSince(0, { offering: true }));
  assert.deepEqual(log, ['0 connected', '1750 reconnecting', '13750 replace']);
});

test('media that comes back ends the trouble', () => {
  const recovery = new Recovery(0);
  run(recovery, 0, 3_000, silentSince(0));
  assert.deepEqual(run(recovery, 3_250, 20_000, () => ({})), ['3250 connected']);
});

test('a peer that is away and silent is lost after a second, and nothing is tried', () => {
  const log = run(new Recovery(0), 0, 30_000, silentSince(0, { away: true }));
  assert.deepEqual(log, ['0 connected', '1000 lost']);
});

test('without signaling nothing is tried until it is back', () => {
  const recovery = new Recovery(0);
  const log = run(recovery, 0, 20_000, (nowMs) => ({ silentMs: nowMs, reachable: nowMs >= 9_000 }));
  assert.equal(log.filter((line) => !line.endsWith('ed') && !line.endsWith('ing'))[0], '9000 restart');
});

test('heartbeats alone, and those of a hidden page, are given more time', () => {
  const firstRestart = (more: Partial<Observation>): string | undefined =>
    run(new Recovery(0), 0, 6_000, silentSince(0, more)).find((line) => line.endsWith('restart'));
  assert.equal(firstRestart({}), '1000 restart');
  assert.equal(firstRestart({ mediaFlowed: false }), '1750 restart');
  assert.equal(firstRestart({ mediaFlowed: false, remoteHidden: true }), '2750 restart');
});

test('a first connection that does not come about is restarted, then replaced', () => {
  const log = run(new Recovery(0), 0, 22_000, () => ({ ice: 'checking', silentMs: null }));
  assert.deepEqual(log, ['0 connecting', '8250 restart', '11000 replace', '19250 restart', '22000 replace']);
});

test('a connection that is closed under us is replaced at once', () => {
  const recovery = new Recovery(0);
  recovery.observe(CALM);
  assert.equal(recovery.observe({ ...CALM, nowMs: 250, ice: 'closed' }).remedy, 'replace');
});

test('failed DTLS is replaced at once, by either side, when the peer can be told', () => {
  for (const polite of [true, false]) {
    const log = run(new Recovery(0), 0, 1_750, (nowMs) => ({
      polite, silentMs: Math.max(0, nowMs - 1_000), dtlsFailed: nowMs >= 1_000, reachable: nowMs >= 1_750,
    }));
    assert.deepEqual(log, ['0 connected', '1750 replace']);
  }
});

test('whose signaling had to be opened anew in the silence begins a new connection at once', () => {
  const moved = (nowMs: number): Partial<Observation> => ({
    ...silentSince(1_000)(nowMs), reachable: nowMs < 1_500 || nowMs >= 2_000, returnedAtMs: nowMs >= 2_000 ? 2_000 : -Infinity,
  });
  assert.deepEqual(run(new Recovery(0), 0, 2_000, moved), ['0 connected', '2000 replace']);
});

test('signaling that was opened anew while the peer was heard is no reason', () => {
  assert.deepEqual(run(new Recovery(0), 0, 3_000, () => ({ returnedAtMs: 900 })), ['0 connected']);
});

test('silence in flowing media is suspect before it is trouble', () => {
  const recovery = new Recovery(0);
  const { suspect, trouble } = recovery.observe({ ...CALM, nowMs: 5_000, silentMs: 500 });
  assert.deepEqual([suspect, trouble], [true, false]);
  assert.equal(recovery.observe({ ...CALM, nowMs: 5_000, silentMs: 500, mediaFlowed: false }).suspect, false);
});
