import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRoom, newRoom, newRoomName, parseRoomURL, randomID } from '../src/rooms.js';

test('room names have four groups of four and do not repeat', () => {
  const names = Array.from({ length: 500 }, newRoomName);
  for (const name of names) assert.match(name, /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
  assert.equal(new Set(names).size, names.length);
});

test('the name of a new room follows from its host key', async () => {
  assert.equal(await hostRoom('A'.repeat(22)), 'gytp-y8uq-p6qp-mnbw'); // as in docs/protocol.md
  Object.assign(globalThis, { isSecureContext: true });
  const { room, hostKey } = await newRoom();
  assert.match(hostKey, /^[\w-]{32}$/);
  assert.equal(room, await hostRoom(hostKey));
});

test('without a digest a new room is one that anybody may have named', async () => {
  Object.assign(globalThis, { isSecureContext: false });
  assert.match((await newRoom()).room, /^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
});

test('the signaling address follows from the address of the room', () => {
  const plain = parseRoomURL('http://localhost:8080/r/abc-1?name=Ann&join');
  assert.deepEqual([plain.room, plain.signal.href], ['abc-1', 'ws://localhost:8080/v1/signal']);
  const secure = parseRoomURL(new URL('https://call.example.org/r/abc/'), 'https://other.example.org');
  assert.deepEqual([secure.room, secure.signal.href], ['abc', 'wss://other.example.org/v1/signal']);
});

test('what is not a room is refused', () => {
  for (const url of ['https://h/', 'https://h/r/', 'https://h/r/UPPER', `https://h/r/${'a'.repeat(65)}`, 'nonsense']) {
    assert.throws(() => parseRoomURL(url), TypeError, url);
  }
});

test('ids are base64url without padding', () => {
  assert.match(randomID(24), /^[\w-]{32}$/);
  assert.match(randomID(9), /^[\w-]{12}$/);
});
