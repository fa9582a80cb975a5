import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Collector } from '../src/files/collector.js';
import { Sha256 } from '../src/files/sha256.js';
import { cleanName, cleanPath, hex, idBytes, parseHeader, parseMessage, piecesOf, putHeader, treeOf } from '../src/files/wire.js';
import { Net, fileOf, person, sameContent } from './files-world.js';
import { Random } from './random.js';

const MiB = 1 << 20;
const ID = 'q83vEjRWeJCrze8SNFZ4kA';
const HASH = 'a'.repeat(64);
const offer = { type: 'offer', id: ID, name: 'a', bytes: 5, mime: '', modified_ms: 1 };

test('only what keeps to the protocol is a message', () => {
  const good: object[] = [
    offer, { ...offer, path: 'x/a', group: { id: ID, name: 'x', files: 2 }, more: 1 }, { type: 'list', known: [ID] }, { type: 'list' },
    { type: 'want', id: ID, from: 0, upto: 16 }, { type: 'want', id: ID, from: 1, upto: 16, have: HASH }, { type: 'more', id: ID, upto: 9 },
    { type: 'done', id: ID, tree: HASH }, { type: 'failed', id: ID, code: 'changed', message: '' }, { type: 'cancel', id: ID },
  ];
  for (const message of good) assert.ok(parseMessage(JSON.stringify(message)), JSON.stringify(message));
  const bad: unknown[] = [
    null, 1, 'x', [], {}, { type: 'offer' }, { ...offer, id: `${ID}A` }, { ...offer, id: ID.slice(0, 21) + 'B' }, { ...offer, name: '' },
    { ...offer, name: 'x'.repeat(256) }, { ...offer, bytes: -1 }, { ...offer, bytes: 1.5 }, { ...offer, bytes: 2 ** 46 + 1 }, { ...offer, bytes: '5' },
    { ...offer, mime: 'ä' }, { ...offer, modified_ms: null }, { ...offer, path: 5 }, { ...offer, path: '/'.repeat(64) }, { ...offer, group: null },
    { ...offer, group: { id: ID, name: 'x', files: -1 } }, { type: 'list', known: [5] }, { type: 'list', known: Array(1001).fill(ID) },
    { type: 'want', id: ID, from: 5, upto: 4, have: HASH }, { type: 'want', id: ID, from: 1, upto: 4 }, { type: 'want', id: ID, from: 1, upto: 4, have: 'x' },
    { type: 'want', id: ID, from: 0, upto: 2 ** 40 }, { type: 'more', id: ID }, { type: 'done', id: ID, tree: HASH.toUpperCase() }, { type: 'other', id: ID },
  ];
  for (const message of bad) assert.equal(parseMessage(JSON.stringify(message)), null, JSON.stringify(message));
  assert.equal(parseMessage(new ArrayBuffer(5)), null);
  assert.equal(parseMessage('{'), null);
  assert.equal(parseMessage(JSON.stringify({ ...offer, more: 'x'.repeat(300_000) })), null);
});

test('names and paths stay where they are put', () => {
  const names: [string, string][] = [
    ['a.txt', 'a.txt'], ['../a', '.._a'], ['..', '_'], ['.', '_'], ['', '_'], ['a\u202egpj.exe', 'a_gpj.exe'], ['a\u0000b', 'a_b'], ['a\nb', 'a_b'],
    ['C:\\x', 'C__x'], ['a. .', 'a'], [' a ', 'a'], ['.bashrc', '.bashrc'], ['x'.repeat(300), 'x'.repeat(254)], ['Ёж 🦔.png', 'Ёж 🦔.png'],
  ];
  for (const [name, clean] of names) assert.equal(cleanName(name), clean, JSON.stringify(name));
  const paths: [string, string][] = [
    ['a/b', 'a/b'], ['/etc/passwd', 'etc/passwd'], ['../../x', 'x'], ['a/../b', 'a/b'], ['C:\\Windows\\x', 'Windows/x'], ['a//b/', 'a/b'], ['..', ''],
    ['. ./ .. /x', '_/x'],
  ];
  for (const [path, clean] of paths) assert.equal(cleanPath(path), clean, JSON.stringify(path));
});

test('a header is read as it was written', () => {
  const message = new Uint8Array(30);
  for (const [piece, first, last] of [[0, true, true], [70_000, false, true], [2 ** 26 - 1, true, false]] as const) {
    putHeader(message, idBytes(ID), piece, first, last);
    assert.deepEqual(parseHeader(message.buffer), { id: ID, piece, first, last });
  }
  assert.equal(parseHeader(message.buffer.slice(0, 24)), null);
  assert.equal(parseHeader(new ArrayBuffer(300_000)), null);
  assert.equal(parseHeader('text'), null);
  message[0] = 2;
  assert.equal(parseHeader(message.buffer), null);
});

test('SHA-256 is that of FIPS 180-4 and of everybody else', () => {
  const vectors: [string, string][] = [
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ];
  for (const [text, hash] of vectors) assert.equal(hex(new Sha256().update(new TextEncoder().encode(text)).digest()), hash);
  const random = new Random(1);
  for (let n = 0; n < 300; n++) {
    const data = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
    const cut = random.below(data.length + 1);
    const other = cut + random.below(data.length - cut + 1);
    const own = new Sha256().update(data.subarray(0, cut)).update(data.subarray(cut, other)).update(data.subarray(other)).digest();
    assert.equal(hex(own), createHash('sha256').update(data).digest('hex'));
  }
});

test('a tree hash is that of the hashes of the pieces', async () => {
  assert.equal(await treeOf(new Uint8Array()), createHash('sha256').digest('hex'));
  const hashes = ['a', 'b'].map((text) => createHash('sha256').update(text).digest());
  assert.equal(await treeOf(Uint8Array.from(Buffer.concat(hashes))), createHash('sha256').update(Buffer.concat(hashes)).digest('hex'));
});

test('a collector takes the next piece from its first message on, and nothing else', () => {
  const collector = new Collector(MiB + 100, 1);
  const message = (piece: number, bytes: number, first: boolean, last: boolean): Parameters<Collector['add']> => {
    const data = new Uint8Array(24 + bytes + (last ? 32 : 0)).fill(7);
    putHeader(data, idBytes(ID), piece, first, last);
    return [{ id: ID, piece, first, last }, data.buffer];
  };
  assert.equal(collector.add(...message(0, 100, true, true)), null);
  assert.equal(collector.add(...message(1, 50, false, true)), null);
  assert.equal(collector.add(...message(1, 50, true, false)), null);
  assert.equal(collector.add(...message(1, 60, true, false)), null); // begun again
  assert.equal(collector.add(...message(1, 50, false, true)), 'bad');
  assert.equal(collector.add(...message(1, 100, true, false)), 'bad'); // full and not the last
  assert.equal(collector.add(...message(1, 101, true, true)), 'bad');
  assert.equal(collector.add(...message(1, 0, true, true)), 'bad');
  assert.equal(collector.add(...message(1, 60, true, false)), null);
  const collected = collector.add(...message(1, 40, false, true));
  assert.ok(collected && collected !== 'bad' && collected.bytes.length === 100 && collected.hash.length === 32);
  assert.equal(collector.add(...message(2, 1, true, true)), null); // past the end
});

test('a peer that sends more than was asked for, or what was not, does no harm', async () => {
  const net = new Net(21);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const mallory = net.join('mallory');
  const file = fileOf('doc', 6 * MiB);
  const [outgoing] = ann.share.offer([file]);
  const id = outgoing!.id;
  await net.until('the offer is here', () => bob.share.incoming.has(id));
  const incoming = bob.share.incoming.get(id)!;
  mallory.say('bob', { ...offer, id, bytes: 6 * MiB });
  mallory.say('bob', { type: 'withdraw', id });
  mallory.say('bob', { type: 'confirmed', id, tree: HASH, match: false });
  mallory.say('bob', 'junk');
  mallory.say('ann', { type: 'want', id: ID, from: 0, upto: 5 });
  mallory.say('ann', { type: 'want', id, from: 9, upto: 9, have: HASH });
  mallory.say('ann', { type: 'done', id, tree: HASH });
  const data = new Uint8Array(24 + 100);
  putHeader(data, idBytes(id), 0, true, false);
  for (let n = 0; n < 50; n++) mallory.channel('file-data').send(data, 'bob');
  await incoming.accept();
  await net.until('it is over', () => incoming.state === 'done' || incoming.state === 'failed');
  assert.equal(incoming.state, 'done');
  assert.ok(await sameContent(file, await incoming.file()));
  await net.until('all was heard', () => bob.share.dropped >= 54);
  assert.ok(ann.share.dropped >= 1);
});

test('a sender that floods is cut off', async () => {
  const net = new Net(22);
  const bob = await person(net, 'bob');
  const mallory = net.join('mallory');
  mallory.say('bob', { ...offer, bytes: 3 * MiB });
  await net.until('the offer is here', () => bob.share.incoming.has(ID));
  const incoming = bob.share.incoming.get(ID)!;
  const flood = new Uint8Array(200 << 10);
  putHeader(flood, idBytes(ID), 0, true, false);
  await incoming.accept();
  for (let n = 0; incoming.state !== 'failed' && n < 1_000; n++) {
    mallory.channel('file-data').send(flood, 'bob');
    await net.step();
  }
  assert.equal(incoming.problem, 'bad-piece');
});

test('no more than a thousand offers of one peer are kept', async () => {
  const net = new Net(23);
  const bob = await person(net, 'bob');
  const mallory = net.join('mallory');
  for (let n = 0; n < 1_100; n++) {
    mallory.say('bob', { ...offer, id: `${String(n).padStart(21, '0')}A` });
    await net.step();
  }
  await net.until('all were heard', () => bob.share.incoming.size + bob.share.dropped === 1_100);
  assert.equal(bob.share.incoming.size, 1_000);
});

test('noise in place of messages never stops a share', async () => {
  const net = new Net(24);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const mallory = net.join('mallory');
  const file = fileOf('doc', 3 * MiB);
  const [outgoing] = ann.share.offer([file]);
  await net.until('the offer is here', () => bob.share.incoming.has(outgoing!.id));
  const incoming = bob.share.incoming.get(outgoing!.id)!;
  const types = ['offer', 'want', 'more', 'done', 'confirmed', 'failed', 'withdraw', 'pause', 'refuse', 'cancel', 'list'];
  const values = [0, 1, 5, -1, 2 ** 60, '', 'x', HASH, null, [], {}, outgoing!.id, ID, true];
  const some = <T>(list: readonly T[]): T => list[net.random.below(list.length)]!;
  await incoming.accept();
  for (let n = 0; n < 3_000; n++) {
    const message = Object.fromEntries(['id', 'name', 'bytes', 'mime', 'modified_ms', 'from', 'upto', 'have', 'tree', 'code', 'known', 'path', 'group']
      .filter(() => net.random.below(3) > 0).map((key) => [key, some(values)]));
    mallory.say(some(['ann', 'bob']), { ...message, id: some([outgoing!.id, ID, 5]), type: some(types) });
    await net.step();
  }
  await net.until('it is over', () => incoming.state === 'done' || incoming.state === 'failed');
  assert.equal(incoming.state, 'done');
  assert.ok(await sameContent(file, await incoming.file()));
  assert.equal(piecesOf(file.size), 3);
});
