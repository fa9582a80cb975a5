import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incoming } from '../src/files/types.js';
import { WINDOW_PIECES, parseHeader } from '../src/files/wire.js';
import { MemoryStore, Net, fileOf, person, sameContent } from './files-world.js';
import type { FileShare } from '../src/files/share.js';

const MiB = 1 << 20;

async function offeredTo(net: Net, share: FileShare, id: string): Promise<Incoming> {
  await net.until('the offer is here', () => share.incoming.has(id));
  const incoming = share.incoming.get(id);
  assert.ok(incoming);
  return incoming;
}

async function done(net: Net, ...files: Incoming[]): Promise<void> {
  await net.until('it is done', () => files.every(({ state, problem, name }) => {
    if (state === 'failed') throw new Error(`${name} failed: ${problem}`);
    return state === 'done';
  }));
}

test('files of every awkward size arrive whole', async () => {
  for (const messageBytesMax of [256 << 10, 65_536, 5_000]) {
    const net = new Net(1);
    net.messageBytesMax = messageBytesMax;
    const ann = await person(net, 'ann');
    const bob = await person(net, 'bob');
    const part = messageBytesMax - 24;
    const sizes = [0, 1, part - 33, part - 32, part - 31, part, part + 1, MiB - 1, MiB, MiB + 1, 3 * MiB + 5];
    const files = sizes.map((size, i) => fileOf(`f${size}`, size, i + 1));
    const outgoing = ann.share.offer(files);
    const incoming = await Promise.all(outgoing.map(({ id }) => offeredTo(net, bob.share, id)));
    await Promise.all(incoming.map((file) => file.accept()));
    await done(net, ...incoming);
    for (const [i, file] of files.entries()) assert.ok(await sameContent(file, await incoming[i]!.file()), `${sizes[i]} bytes by ${messageBytesMax}`);
    assert.ok(outgoing.every(({ receivers }) => receivers.get('bob')?.state === 'done'));
    assert.equal(ann.share.dropped + bob.share.dropped, 0);
  }
});

test('several receive several files at once, in both directions', async () => {
  const net = new Net(2);
  const people = [await person(net, 'ann'), await person(net, 'bob'), await person(net, 'eve')];
  const files = people.map((_, i) => [fileOf(`a${i}`, 5 * MiB + i, i + 1), fileOf(`b${i}`, 2 * MiB, i + 10)]);
  const outgoing = people.map(({ share }, i) => share.offer(files[i]!));
  const all: { incoming: Incoming; file: File }[] = [];
  for (const [receiver, { share }] of people.entries()) {
    for (const [sender, offers] of outgoing.entries()) {
      if (sender === receiver) continue;
      for (const [n, { id }] of offers.entries()) all.push({ incoming: await offeredTo(net, share, id), file: files[sender]![n]! });
    }
  }
  await Promise.all(all.map(({ incoming }) => incoming.accept()));
  await done(net, ...all.map(({ incoming }) => incoming));
  for (const { incoming, file } of all) assert.ok(await sameContent(file, await incoming.file()));
});

test('a folder is one group, and a path cannot leave it', async () => {
  const net = new Net(3);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const outgoing = ann.share.offer([
    { file: fileOf('a.txt', 3), path: 'photos/a.txt' }, { file: fileOf('b.txt', 3), path: 'photos/../../2024/b.txt' }, fileOf('c.txt', 3),
  ]);
  const [a, b, c] = await Promise.all(outgoing.map(({ id }) => offeredTo(net, bob.share, id)));
  assert.deepEqual([a?.path, b?.path, c?.path], ['photos/a.txt', 'photos/2024/b.txt', 'c.txt']);
  assert.equal(a?.group?.id, b?.group?.id);
  assert.deepEqual([a?.group?.name, a?.group?.files, c?.group], ['photos', 2, null]);
});

test('whoever comes later is offered what stands, and not what was withdrawn', async () => {
  const net = new Net(4);
  const ann = await person(net, 'ann');
  const [kept, gone] = ann.share.offer([fileOf('kept', 10), fileOf('gone', 10)]);
  ann.share.withdraw(gone!.id);
  const bob = await person(net, 'bob');
  await offeredTo(net, bob.share, kept!.id);
  assert.equal(bob.share.incoming.size, 1);
  ann.share.withdraw(kept!.id);
  await net.until('the offer is gone', () => bob.share.incoming.size === 0);
});

test('a sender sends no more than was asked for, however slow the disk is', async () => {
  const net = new Net(5);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  let open = (): void => undefined;
  const stuck = new Promise<void>((resolve) => { open = resolve; });
  bob.store.beforeWrite = () => stuck;
  const sent = new Set<number>();
  net.interfere = (_from, label, data) => {
    const header = label === 'file-data' ? parseHeader(data) : null;
    if (header) sent.add(header.piece);
    return data;
  };
  const [outgoing] = ann.share.offer([fileOf('big', 40 * MiB)]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  await incoming.accept();
  await net.until('the window is used up', () => sent.size === WINDOW_PIECES);
  for (let i = 0; i < 500; i++) await net.step();
  assert.equal(sent.size, WINDOW_PIECES);
  assert.ok(net.mostBytes <= 2 * MiB, `${net.mostBytes} bytes were buffered`);
  open();
  await done(net, incoming);
  assert.equal(sent.size, 40);
});

test('pause stops what is not asked for yet, and resume goes on', async () => {
  const net = new Net(6);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const file = fileOf('big', 40 * MiB);
  const [outgoing] = ann.share.offer([file]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  await incoming.accept();
  await net.until('some is here', () => incoming.receivedBytes > 3 * MiB);
  incoming.pause();
  await net.until('the sender knows', () => outgoing!.receivers.get('bob')?.state === 'paused');
  for (let i = 0; i < 1_500; i++) await net.step();
  const paused = incoming.receivedBytes;
  assert.ok(paused < 40 * MiB && incoming.state === 'paused');
  for (let i = 0; i < 300; i++) await net.step();
  assert.equal(incoming.receivedBytes, paused);
  incoming.resume();
  await done(net, incoming);
  assert.ok(await sameContent(file, await incoming.file()));
});

test('a piece that was damaged is asked for again, and one that always is ends it', async () => {
  for (const times of [1, 2, Infinity]) {
    const net = new Net(7);
    const ann = await person(net, 'ann');
    const bob = await person(net, 'bob');
    let left = times;
    net.interfere = (_from, label, data) => {
      const header = label === 'file-data' ? parseHeader(data) : null;
      if (header?.piece !== 3 || !header.first || left === 0 || typeof data === 'string') return data;
      left--;
      const damaged = new Uint8Array(data.slice(0));
      damaged[100]! ^= 1;
      return damaged.buffer;
    };
    const file = fileOf('big', 9 * MiB);
    const [outgoing] = ann.share.offer([file]);
    const incoming = await offeredTo(net, bob.share, outgoing!.id);
    await incoming.accept();
    await net.until('it is over', () => incoming.state === 'done' || incoming.state === 'failed');
    if (times === Infinity) {
      assert.equal(incoming.problem, 'bad-piece');
      await net.until('the sender knows', () => outgoing!.receivers.get('bob')?.problem === 'bad-piece');
      left = 0;
      await incoming.accept(); // what is verified is still good
      await done(net, incoming);
    }
    assert.ok(await sameContent(file, await incoming.file()));
  }
});

test('a full disk is said in so many words, and what is there is kept for another try', async () => {
  const net = new Net(8);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  bob.store.room = 4;
  const file = fileOf('big', 9 * MiB);
  const [outgoing] = ann.share.offer([file]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  await incoming.accept();
  await net.until('it fails', () => incoming.state === 'failed');
  assert.equal(incoming.problem, 'no-space');
  await net.until('the sender knows', () => outgoing!.receivers.get('bob')?.problem === 'no-space');
  bob.store.room = Infinity;
  await incoming.accept();
  await done(net, incoming);
  assert.ok(await sameContent(file, await incoming.file()));
});

test('refuse, then accept; cancel, then accept; remove', async () => {
  const net = new Net(9);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const [outgoing] = ann.share.offer([fileOf('big', 30 * MiB)]);
  const state = (): string | undefined => outgoing!.receivers.get('bob')?.state;
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  incoming.refuse();
  await net.until('it is refused', () => state() === 'refused');
  await incoming.accept();
  await net.until('some is here', () => incoming.receivedBytes > MiB);
  await incoming.cancel();
  await net.until('it is cancelled', () => state() === 'cancelled');
  assert.deepEqual([incoming.receivedBytes, bob.store.files.size], [0, 0]);
  await incoming.accept();
  await done(net, incoming);
  await incoming.remove();
  assert.deepEqual([bob.share.incoming.size, bob.store.files.size], [0, 0]);
});

test('what is withdrawn in the middle fails, and nothing of it is kept', async () => {
  const net = new Net(10);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const [outgoing] = ann.share.offer([fileOf('big', 30 * MiB)]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  await incoming.accept();
  await net.until('some is here', () => incoming.receivedBytes > MiB);
  ann.share.withdraw(outgoing!.id);
  await net.until('it fails', () => incoming.state === 'failed' && bob.store.files.size === 0);
  assert.equal(incoming.problem, 'withdrawn');
});

test('an offer to one is not for others, but for that one under a new id', async () => {
  const net = new Net(11);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const eve = await person(net, 'eve');
  const file = fileOf('secret', 30 * MiB);
  const [outgoing] = ann.share.offer([file], 'bob');
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  assert.equal(eve.share.incoming.size, 0);
  await incoming.accept();
  await net.until('some is here', () => incoming.receivedBytes > 2 * MiB);
  net.leave('bob');
  bob.store.crash();
  const again = await person(net, 'bob2', bob.store);
  const resumed = await offeredTo(net, again.share, outgoing!.id);
  assert.ok(resumed.receivedBytes >= 2 * MiB);
  await done(net, resumed);
  assert.ok(await sameContent(file, await resumed.file()));
  await net.until('ann sees both', () => outgoing!.receivers.get('bob2')?.state === 'done');
  assert.equal(outgoing!.receivers.get('bob')?.state, 'away');
  assert.equal(eve.share.incoming.size, 0);
  const carl = await person(net, 'carl');
  for (let i = 0; i < 200; i++) await net.step();
  assert.equal(carl.share.incoming.size, 0);
});

test('a file that was changed is not glued to the pieces of the old one', async () => {
  const net = new Net(12);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const [outgoing] = ann.share.offer([fileOf('doc', 9 * MiB, 1)]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  await incoming.accept();
  await net.until('some is here', () => incoming.receivedBytes > 2 * MiB);
  net.leave('ann');
  await net.until('bob waits', () => incoming.state === 'waiting');
  assert.equal(incoming.from, null);
  const again = await person(net, 'ann2', new MemoryStore(), ann.offers);
  const standing = again.share.outgoing.get(outgoing!.id);
  assert.ok(standing?.needsFile);
  assert.equal(standing.provideFile(fileOf('doc', 9 * MiB - 1)), false);
  assert.equal(standing.provideFile(fileOf('doc', 9 * MiB, 2)), true); // same name, size and time
  await net.until('it fails', () => incoming.state === 'failed');
  assert.equal(incoming.problem, 'changed');
  await net.until('nothing is kept', () => bob.store.files.size === 0);
});

test('a file that cannot be read any more waits until it is chosen again', async () => {
  const net = new Net(13);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const file = fileOf('doc', 30 * MiB);
  let readable = true;
  const slice = file.slice.bind(file);
  file.slice = (...range) => (readable ? slice(...range) : { arrayBuffer: () => Promise.reject(new Error('gone')) } as unknown as Blob);
  const [outgoing] = ann.share.offer([file]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  await incoming.accept();
  await net.until('some is here', () => incoming.receivedBytes > 2 * MiB);
  readable = false;
  await net.until('bob waits', () => incoming.state === 'waiting');
  assert.equal(incoming.problem, 'unreadable');
  assert.ok(outgoing!.needsFile);
  readable = true;
  assert.ok(outgoing!.provideFile(file));
  await done(net, incoming);
  assert.ok(await sameContent(file, await incoming.file()));
});

test('whichever side is lost at whatever moment, the file arrives, and no piece is sent twice that was kept', async () => {
  const file = fileOf('big', 24 * MiB + 77);
  for (let seed = 1; seed <= 12; seed++) {
    const net = new Net(seed);
    let ann = await person(net, 'ann0');
    let bob = await person(net, 'bob0');
    const [outgoing] = ann.share.offer([file]);
    const { id } = outgoing!;
    await (await offeredTo(net, bob.share, id)).accept();
    let sent = 0;
    net.interfere = (_from, label, data) => {
      if (label === 'file-data' && parseHeader(data)?.first) sent++;
      return data;
    };
    const losses = 1 + net.random.below(5);
    for (let n = 1; n <= losses; n++) {
      for (let steps = net.random.below(120); steps > 0; steps--) await net.step();
      if (net.random.below(2) === 0) {
        net.leave(ann.call.id);
        ann = await person(net, `ann${n}`, new MemoryStore(), ann.offers);
        for (let steps = net.random.below(20); steps > 0; steps--) await net.step();
        assert.ok(ann.share.outgoing.get(id)?.provideFile(file));
      } else {
        net.leave(bob.call.id);
        bob.store.crash();
        bob = await person(net, `bob${n}`, bob.store);
      }
    }
    const incoming = await offeredTo(net, bob.share, id);
    if (incoming.state === 'offered') await incoming.accept(); // lost before anything was written
    await done(net, incoming);
    assert.ok(await sameContent(file, await incoming.file()), `seed ${seed}`);
    assert.ok(sent <= 25 + losses * (WINDOW_PIECES + 3), `seed ${seed}: ${sent} pieces sent with ${losses} losses`);
  }
});

test('a receiver whose page went before it could say that it has all says so when it is back', async () => {
  const net = new Net(21);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const [outgoing] = ann.share.offer([fileOf('big', 3 * MiB + 1)]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  net.interfere = (_from, _label, data) => (typeof data === 'string' && data.includes('"done"') ? null : data);
  await incoming.accept();
  await net.until('all is kept', () => bob.store.files.get(outgoing!.id)?.done === true);
  net.leave('bob');
  bob.store.crash();
  assert.notEqual(outgoing?.receivers.get('bob')?.state, 'done');
  net.interfere = (_from, _label, data) => data;
  const again = await person(net, 'bob2', bob.store);
  await net.until('the sender knows', () => outgoing?.receivers.get('bob2')?.state === 'done');
  assert.equal(again.share.incoming.get(outgoing!.id)?.state, 'done');
});

test('a paused file stays paused over a reload', async () => {
  const net = new Net(14);
  const ann = await person(net, 'ann');
  const bob = await person(net, 'bob');
  const [outgoing] = ann.share.offer([fileOf('big', 40 * MiB)]);
  const incoming = await offeredTo(net, bob.share, outgoing!.id);
  await incoming.accept();
  await net.until('some is here', () => incoming.receivedBytes > MiB);
  incoming.pause();
  await net.until('it is kept', () => bob.store.files.get(outgoing!.id)?.paused === true);
  net.leave('bob');
  bob.store.crash();
  const again = await person(net, 'bob2', bob.store);
  const paused = again.share.incoming.get(outgoing!.id);
  await net.until('the sender is known', () => paused?.from === 'ann');
  assert.equal(paused?.state, 'paused');
  paused.resume();
  await net.until('it is kept that it goes on', () => bob.store.files.get(outgoing!.id)?.paused === false);
  await done(net, paused);
});

for (const missed of ['as away', 'as lost, later'] as const) {
  test(`a sender that is back before it is missed ${missed} goes on`, async () => {
    const net = new Net(15);
    const file = fileOf('big', 20 * MiB);
    const ann = await person(net, 'ann');
    const bob = await person(net, 'bob');
    const { id } = ann.share.offer([file])[0]!;
    const incoming = await offeredTo(net, bob.share, id);
    await incoming.accept();
    await net.until('some is here', () => incoming.receivedBytes > MiB);
    net.interfere = (from, _label, data) => (from === 'ann' ? null : data);
    if (missed === 'as away') ann.call.signaling = 'away';
    const again = await person(net, 'ann2', new MemoryStore(), ann.offers);
    assert.ok(again.share.outgoing.get(id)?.provideFile(file));
    for (let steps = 0; steps < 50; steps++) await net.step();
    assert.equal(incoming.from, missed === 'as away' ? 'ann2' : 'ann');
    net.leave('ann');
    await done(net, incoming);
    assert.ok(await sameContent(file, await incoming.file()));
  });
}
