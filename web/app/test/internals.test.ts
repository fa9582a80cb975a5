import assert from 'node:assert/strict';
import { readFile as readText } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { DiagnosticReport } from '@parley/client/diagnostics';
import { toChromium } from '../src/internals/chromium.js';
import { diffLines, fold } from '../src/internals/diff.js';
import { OpenReport } from '../src/internals/model.js';
import { readDump, readFile } from '../src/internals/read.js';
import { BadDump } from '../src/internals/shape.js';

// Saved by Chromium 156 from a call between two connections of one page, and shortened.
const dump = await readText('app/test/fixtures/webrtc-internals.json', 'utf8');

const report: DiagnosticReport = {
  format: 'parley-internals/1', createdAt: '2026-11-21T10:00:10.000Z', userAgent: 'test', redacted: false, beganAtMs: 1000, self: 'a', people: { b: { name: 'Ben' } },
  eventsDropped: 0,
  events: [{ atMs: 1000, type: 'call-state' }, { atMs: 1100, type: 'setLocalDescription', connection: 1, peer: 'b', data: { type: 'offer', sdp: 'v=0\r\ns=-\r\n' } }],
  connections: [{
    number: 1, peer: 'b', beganAtMs: 1050, endedAtMs: null, configuration: {}, timesMs: [2000, 3000, 4000],
    stats: { out: { type: 'outbound-rtp', members: { mid: [0, '0'], kind: [0, 'audio'], packetsSent: [0, 1, 2, 50], bytesSent: [0, 1000, 1, 9000, 2, null] } } },
  }],
};

describe('a report', () => {
  it('is the same after it was written and read', () => {
    assert.deepEqual(readDump(JSON.stringify(report)), report);
  });

  it('is refused with the reason, and the place of the damage', () => {
    const reasonOf = (text: string): string => {
      try {
        readDump(text);
      } catch (error) {
        assert.ok(error instanceof BadDump, String(error));
        return `${error.reason} ${error.detail}`.trim();
      }
      return '';
    };
    const withConnection = (change: object): string => JSON.stringify({ ...report, connections: [{ ...report.connections[0], ...change }] });
    const members = (history: unknown[]): object => ({ stats: { out: { type: 'x', members: { n: history } } } });
    for (const [text, reason] of [
      ['{', 'json'], ['[]', 'unknown'], ['"x"', 'unknown'], ['{"format":"parley-check/1"}', 'unknown'], ['{"format":"parley-internals/2"}', 'newer parley-internals/2'],
      [JSON.stringify({ ...report, beganAtMs: 'x' }), 'damaged beganAtMs'], [JSON.stringify({ ...report, createdAt: 'soon' }), 'damaged createdAt'],
      [JSON.stringify({ ...report, events: {} }), 'damaged events'], [JSON.stringify({ ...report, events: [{ atMs: 1 }] }), 'damaged events[0].type'],
      [JSON.stringify({ ...report, people: { b: null } }), 'damaged people.b'],
      [JSON.stringify({ ...report, events: [{ atMs: 1e300, type: 'x' }] }), 'damaged events[0].atMs'],
      [withConnection({ timesMs: ['x'] }), 'damaged connections[0].timesMs[0]'],
      [withConnection(members([0, 1, 2])), 'damaged connections[0].stats.out.n'], [withConnection(members([3, 1])), 'damaged connections[0].stats.out.n[0]'],
      [withConnection(members([1, 1, 0, 2])), 'damaged connections[0].stats.out.n[2]'], [withConnection(members([0, {}])), 'damaged connections[0].stats.out.n[1]'],
      ['{"PeerConnections":{"1":null}}', 'damaged 1'], ['{"PeerConnections":{"1":{"updateLog":[{"time":"never","type":"x"}]}}}', 'damaged 1.updateLog'],
      ['{"PeerConnections":{"1":{"stats":{"a-b":{"values":"["}}}}}', 'damaged 1.stats.a-b'],
    ] as const) assert.equal(reasonOf(text), reason);
  });

  it('grows by what comes live', () => {
    const open = new OpenReport(readDump(JSON.stringify(report)), '', 'live');
    assert.deepEqual(open.course(1).course.sentKbps, [null, 64, 0]);
    open.addSample({ connection: 1, sample: { atMs: 5000, stats: { out: { type: 'outbound-rtp', values: { bytesSent: 10_000 } } } } });
    open.addEvent({ atMs: 5000, type: 'close', connection: 1, data: { channel: 'chat' } });
    assert.equal(open.connection(1)?.endedAtMs, null);
    open.addEvent({ atMs: 5001, type: 'close', connection: 1 });
    assert.equal(open.connection(1)?.endedAtMs, 5001);
    assert.deepEqual(open.connection(1)?.stats.out?.members.bytesSent, [0, 1000, 1, 9000, 2, null, 3, 10_000]);
    assert.equal(open.endAtMs, 5001);
    open.addConnection({ number: 2, peer: 'c', beganAtMs: 6000, endedAtMs: null, configuration: {} });
    assert.deepEqual(readDump(JSON.stringify(open.report)), open.report);
    assert.deepEqual(open.descriptions(1).map(({ side, type }) => `${side} ${type}`), ['local offer']);
  });
});

describe('a dump of Chromium', () => {
  it('is read, packed or not', async () => {
    for (const content of [dump, gzipSync(dump)]) {
      const read = await readFile(new Blob([content as BlobPart]));
      const open = new OpenReport(read, 'x');
      assert.equal(read.connections.length, 1);
      assert.deepEqual(open.descriptions(1).map(({ side, type }) => `${side} ${type}`), ['local offer', 'remote answer']);
      assert.equal(open.events(1).filter(({ type }) => type === 'connectionstatechange').at(-1)?.data, 'connected');
      assert.equal(open.course(1).path?.kind, 'direct');
      assert.ok(open.course(1).pairs()[0]?.used);
      const sent = (open.course(1).course.sentKbps ?? []).filter((value) => value !== null);
      assert.ok(sent.length > 3 && sent.every((value) => value > 10 && value < 5000), String(sent));
    }
  });

  it('is written so that it is read as the same', () => {
    const read = readDump(dump);
    const again = readDump(JSON.stringify(toChromium(read)));
    assert.deepEqual(again.connections[0]?.stats, read.connections[0]?.stats);
    assert.deepEqual(again.events.map(({ type, data }) => ({ type, data })), read.events.map(({ type, data }) => ({ type, data })));
  });
});

describe('diffLines', () => {
  const told = (before: string, after: string): string => diffLines(before, after).map(({ sign, line }) => sign + line).join('|');
  it('says what was added and removed', () => {
    assert.equal(told('a\r\nb\nc', 'a\nx\nc'), ' a|-b|+x| c');
    assert.equal(told('', 'a\nb'), '+a|+b');
    assert.equal(told('a\nb', 'a\nb'), ' a| b');
    assert.equal(told('a\nb\nc\nd', 'b\nc\ne\nd'), '-a| b| c|+e| d');
  });
  it('makes do with texts of any length', () => {
    const long = (sign: string): string => Array.from({ length: 5000 }, (_, n) => `${sign}${n}`).join('\n');
    assert.equal(diffLines(long('a'), long('b')).length, 10_000);
  });
  it('folds what stayed the same, but for where media begins', () => {
    const before = ['v=0', 'm=audio', ...Array.from({ length: 8 }, (_, n) => `a=${n}`), 'x'].join('\n');
    const folded = fold(diffLines(before, before.replace(/x$/, 'y')));
    assert.deepEqual(folded.map((entry) => ('equal' in entry ? entry.equal : entry.sign + entry.line)), [1, ' m=audio', 6, ' a=6', ' a=7', '-x', '+y']);
  });
});
