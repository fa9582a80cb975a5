import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileName, formats } from '../src/features/recording/formats.js';
import { cells, contain, cover, sizeFor, type Cell } from '../src/features/recording/grid.js';
import type { FromWorker, ToWorker } from '../src/features/recording/protocol.js';
import { Sink, type Port, type SinkProblem } from '../src/features/recording/sink.js';
import { openHead } from '../src/features/recording/webm.js';
import { Writer, WriteError, type Place } from '../src/features/recording/writer.js';

describe('the grid of a recording', () => {
  const people = (count: number): { key: string; screen: boolean }[] => Array.from({ length: count }, (_, i) => ({ key: `p${i}`, screen: false }));
  const overlap = (a: Cell, b: Cell): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

  for (const size of [{ width: 1280, height: 720 }, { width: 1920, height: 1080 }]) {
    for (const [name, sources] of [
      ['one', people(1)], ['two', people(2)], ['three', people(3)], ['four', people(4)],
      ['four and a screen', [...people(4), { key: 'p0:screen', screen: true }]],
      ['four and two screens', [...people(4), { key: 'p0:screen', screen: true }, { key: 'p1:screen', screen: true }]],
    ] as const) {
      it(`keeps ${name} inside of ${size.height} lines, apart from each other`, () => {
        const placed = cells(size, sources);
        assert.deepEqual(placed.map(({ key }) => key).sort(), sources.map(({ key }) => key).sort());
        for (const cell of placed) {
          assert.ok(cell.width > 40 && cell.height > 40, `${cell.key} is ${cell.width} by ${cell.height}`);
          assert.ok(cell.x > 0 && cell.y > 0 && cell.x + cell.width < size.width && cell.y + cell.height < size.height, `${cell.key} is outside`);
        }
        for (const [i, a] of placed.entries()) for (const b of placed.slice(i + 1)) assert.ok(!overlap(a, b), `${a.key} lies over ${b.key}`);
      });
    }
  }

  it('gives equal room to people, and most of it to a screen', () => {
    const [a, b] = cells({ width: 1280, height: 720 }, people(2));
    assert.deepEqual([a?.width, a?.height], [b?.width, b?.height]);
    const all = cells({ width: 1280, height: 720 }, [...people(3), { key: 'p0:screen', screen: true }]);
    const screen = all.find(({ key }) => key === 'p0:screen');
    assert.ok(screen && screen.width * screen.height > 1280 * 720 / 2);
  });

  it('fills a cell with the middle of a picture, and shows a screen whole', () => {
    assert.deepEqual(cover({ width: 1600, height: 900 }, { width: 300, height: 300 }), { x: 350, y: 0, width: 900, height: 900 });
    assert.deepEqual(contain({ width: 1600, height: 800 }, { x: 10, y: 20, width: 400, height: 400 }), { x: 10, y: 120, width: 400, height: 200 });
  });

  it('takes one picture in its own size, but not below 720 lines, in even numbers', () => {
    assert.deepEqual(sizeFor({ width: 1920, height: 1080 }), { width: 1920, height: 1080 });
    assert.deepEqual(sizeFor({ width: 320, height: 180 }), { width: 1280, height: 720 });
    assert.deepEqual(sizeFor({ width: 180, height: 320 }), { width: 720, height: 1280 });
    assert.deepEqual(sizeFor({ width: 1281, height: 721 }), { width: 1282, height: 722 });
    assert.deepEqual(sizeFor({ width: 3840, height: 2160 }), { width: 1920, height: 1080 });
    assert.deepEqual(sizeFor(null), { width: 1280, height: 720 });
  });
});

describe('formats', () => {
  const of = (...supported: string[]): string[] => formats(false, (mime) => supported.some((part) => mime.startsWith(part))).map(({ codecs }) => codecs);

  it('begin with what plays in most places, and end with what costs most', () => {
    assert.deepEqual(of('video/'), ['H.264, AAC', 'H.264, Opus', 'VP8, Opus', 'VP9, Opus', 'AV1, Opus']);
    assert.deepEqual(of('video/webm;codecs=vp8'), ['VP8, Opus']);
    assert.deepEqual(of('video/mp4;codecs=avc1.640028,mp4a'), ['H.264, AAC']);
  });
  it('are none where nothing can be recorded', () => {
    assert.deepEqual(of(), []);
    assert.deepEqual(formats(true), []);
  });
  it('are sound alone where that is wanted', () => {
    assert.deepEqual(formats(true, () => true).map(({ extension }) => extension), ['m4a', 'webm', 'ogg']);
  });
  it('name a file by its room and its time', () => {
    const at = new Date(2026, 10, 21, 9, 5, 7);
    assert.equal(fileName('k3vq-9xwd', at, 'mp4'), 'parley-k3vq-9xwd-2026-11-21-09-05-07.mp4');
    assert.equal(fileName('../Über uns?', at, 'webm'), 'parley--Über-uns--2026-11-21-09-05-07.webm');
  });
});

const bytes = (...parts: (number | string | number[])[]): Uint8Array<ArrayBuffer> => Uint8Array.from(
  parts.flatMap((part) => (typeof part === 'string' ? part.match(/../g)?.map((two) => parseInt(two, 16)) ?? [] : part)),
);
const header = '1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff';
/** As Chromium writes it: no duration. */
const bare = bytes(header, '1549a96699', '2ad7b1830f42404d80864368726f6d655741864368726f6d65', '1654ae6b80', '1f43b67501ffffffffffffff', 'e78100');
/** As Firefox writes it: a duration of zero. */
const zero = bytes(header, '114d9b740100000000000000', '1549a96601000000000000', '12', '2ad7b1830f4240', '4489880000000000000000', '1654ae6b80');

describe('the head of a WebM file', () => {
  it('gets room for a duration that is a void until then', () => {
    const head = openHead(bare);
    assert.ok(head);
    assert.equal(head.bytes.length, bare.length + 11);
    assert.deepEqual([...head.bytes.slice(head.at, head.at + 2)], [0xec, 0x89]);
    const info = 48;
    assert.equal(head.bytes[info + 4], 0x80 | (25 + 11));
    assert.deepEqual([...head.bytes.slice(head.at + 11)], [...bare.slice(info + 5 + 25)]);
    const duration = head.duration(1234.5);
    assert.deepEqual([...duration.slice(0, 3)], [0x44, 0x89, 0x88]);
    assert.equal(new DataView(duration.buffer).getFloat64(3), 1234.5);
  });
  it('keeps one that is there', () => {
    const head = openHead(zero);
    assert.ok(head);
    assert.deepEqual([...head.bytes], [...zero]);
    assert.deepEqual([...zero.slice(head.at, head.at + 3)], [0x44, 0x89, 0x88]);
  });
  it('counts in its own unit', () => {
    const slow = Uint8Array.from(bare);
    slow.set([0x98, 0x96, 0x80], 48 + 5 + 4); // 10 ms
    assert.equal(new DataView(openHead(slow)!.duration(5000).buffer).getFloat64(3), 500);
  });
  it('waits for more, and leaves alone what is none', () => {
    for (let length = 0; length < 78; length++) assert.equal(openHead(bare.slice(0, length)), undefined, String(length));
    assert.equal(openHead(bytes('0000')), null);
    assert.equal(openHead(bytes(header.slice(0, -16), '8a', '1549a96685')), null, 'a segment of known size');
    assert.equal(openHead(bytes(header, '1f43b67501ffffffffffffff')), null, 'a cluster first');
    assert.equal(openHead(bytes(header, '1549a96684', '2ad7b185')), null, 'an element that is longer than its parent');
  });
});

class Disk implements Place {
  data = new Uint8Array();
  open = true;
  constructor(readonly capacity = Infinity, readonly error: () => Error = () => new DOMException('full', 'QuotaExceededError')) {}
  write(part: Uint8Array, at: number): void {
    if (at + part.length > this.capacity) throw this.error();
    const data = new Uint8Array(Math.max(this.data.length, at + part.length));
    data.set(this.data);
    data.set(part, at);
    this.data = data;
  }
  flush(): void {}
  close(): void {
    this.open = false;
  }
}

describe('Writer', () => {
  it('puts the duration in when a file is finished, in whatever parts it came', async () => {
    for (const step of [1, 7, 60, 1000]) {
      const disk = new Disk();
      const writer = new Writer(disk, 'video/webm;codecs=vp8,opus');
      for (let at = 0; at < bare.length; at += step) await writer.append(bare.slice(at, at + step));
      await writer.finish(2000);
      assert.equal(disk.data.length, bare.length + 11);
      assert.equal(writer.bytes, disk.data.length);
      const head = openHead(disk.data);
      assert.ok(head);
      assert.equal(new DataView(disk.data.buffer).getFloat64(head.at + 3), 2000);
      assert.equal(disk.open, false);
    }
  });
  it('writes another kind as it comes', async () => {
    const disk = new Disk();
    const writer = new Writer(disk, 'video/mp4');
    await writer.append(bytes('0102'));
    await writer.append(bytes('03'));
    await writer.finish(1);
    assert.deepEqual([...disk.data], [1, 2, 3]);
  });
  it('writes what it could not read as it came', async () => {
    const disk = new Disk();
    const writer = new Writer(disk, 'video/webm');
    await writer.append(bytes(header.slice(0, 20)));
    await writer.finish(1);
    assert.equal(disk.data.length, 10);
  });
  it('keeps what there is when the disk is full, and writes nothing behind a hole', async () => {
    const disk = new Disk(4);
    const writer = new Writer(disk, 'video/mp4');
    await writer.append(bytes('01020304'));
    const full = (error: unknown): boolean => error instanceof WriteError && error.code === 'no-space';
    await assert.rejects(writer.append(bytes('0506')), full);
    await assert.rejects(writer.append(bytes('07')), full);
    await writer.finish(1);
    assert.deepEqual([[...disk.data], disk.open], [[1, 2, 3, 4], false]);
  });
  it('tells any other trouble apart, and closes the file in the end', async () => {
    const disk = new Disk(0, () => new DOMException('gone', 'NotAllowedError'));
    const writer = new Writer(disk, 'video/mp4');
    await assert.rejects(writer.append(bytes('01')), (error) => error instanceof WriteError && error.code === 'store');
    await writer.finish(1);
    assert.equal(disk.open, false);
  });
});

/** A worker that answers when it is told to. */
class FakePort implements Port {
  onmessage: Port['onmessage'] = null;
  onerror: Port['onerror'] = null;
  sent: ToWorker[] = [];
  terminated = false;
  constructor(readonly answer: (message: ToWorker) => FromWorker | null) {}
  postMessage(message: ToWorker): void {
    this.sent.push(message);
    const answer = this.answer(message);
    if (answer) queueMicrotask(() => this.say(answer));
  }
  say(data: FromWorker): void {
    this.onmessage?.({ data } as MessageEvent<FromWorker>);
  }
  terminate(): void {
    this.terminated = true;
  }
}

describe('Sink', () => {
  const target = { name: 'a.webm', mime: 'video/webm', file: null };
  const willing = (message: ToWorker): FromWorker | null => {
    if (message.type === 'open') return { type: 'opened' };
    if (message.type === 'finish') return { type: 'finished', bytes: 9 };
    return null;
  };

  it('hands parts over, and resolves when the file is closed', async () => {
    const port = new FakePort(willing);
    const sink = await Sink.open(port, target, assert.fail);
    sink.write(new Blob(['abc']));
    sink.write(new Blob([]));
    assert.equal(port.sent.length, 2, 'an empty part is none');
    assert.equal(await sink.finish(5), null);
    assert.deepEqual([sink.bytes, port.terminated], [9, true]);
  });
  it('rejects when the file cannot be made', async () => {
    const port = new FakePort(() => ({ type: 'failed', code: 'store', message: 'no' }));
    await assert.rejects(Sink.open(port, target, assert.fail));
    assert.equal(port.terminated, true);
  });
  it('tells of a failure once, and takes nothing more', async () => {
    const problems: SinkProblem[] = [];
    const port = new FakePort(willing);
    const sink = await Sink.open(port, target, (problem) => problems.push(problem));
    port.say({ type: 'failed', code: 'no-space', message: 'full' });
    port.say({ type: 'failed', code: 'store', message: 'again' });
    sink.write(new Blob(['abc']));
    assert.deepEqual([problems, port.sent.length], [['no-space'], 1]);
    assert.equal(await sink.finish(5), 'no-space');
  });
  it('does not let the page fill up behind a slow disk', async () => {
    const problems: SinkProblem[] = [];
    const port = new FakePort(willing);
    const sink = await Sink.open(port, target, (problem) => problems.push(problem));
    const part = new Blob([new Uint8Array(16 << 20)]);
    for (let i = 0; i < 6; i++) sink.write(part);
    assert.deepEqual([problems, port.sent.length], [['slow'], 1 + 4]);
  });
  it('ends also when the worker is gone', async () => {
    const problems: SinkProblem[] = [];
    const port = new FakePort((message) => (message.type === 'open' ? { type: 'opened' } : null));
    const sink = await Sink.open(port, target, (problem) => problems.push(problem));
    port.onerror?.({ preventDefault: () => undefined, message: 'gone' } as ErrorEvent);
    assert.equal(await sink.finish(5), 'store');
    assert.deepEqual(problems, ['store']);
  });
});
