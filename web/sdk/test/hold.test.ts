import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelayHold } from '../src/hold.js';

const HOST = { candidate: 'candidate:0 1 UDP 2122252543 192.0.2.1 5000 typ host' };
const RELAY = { candidate: 'candidate:1 1 UDP 92217087 203.0.113.1 6000 typ relay raddr 192.0.2.1 rport 5000' };
const END = { candidate: '' };

test('relay candidates, and the end behind them, come later; all others at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const passed: unknown[] = [];
  const hold = new RelayHold((candidate) => passed.push(candidate));
  hold.pass(END); // of a generation without a relay
  hold.pass(RELAY);
  hold.pass(HOST);
  hold.pass(END);
  assert.deepEqual(passed, [END, HOST]);
  t.mock.timers.tick(499);
  assert.equal(passed.length, 2);
  t.mock.timers.tick(1);
  assert.deepEqual(passed, [END, HOST, RELAY, END]);
  hold.pass(RELAY);
  t.mock.timers.tick(500);
  assert.equal(passed.length, 5);
});

test('what is held when the connection closes is never passed', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const hold = new RelayHold(() => assert.fail('passed after close'));
  hold.pass(RELAY);
  hold.close();
  t.mock.timers.tick(1_000);
});
