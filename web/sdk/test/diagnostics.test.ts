import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddressMask, withoutCredentials, withoutPassword } from '../src/redact.js';
import { Replay, Samples, samplesOf } from '../src/samples.js';
import type { Stat } from '../src/stat.js';

function report(...stats: (Partial<Stat> & { id: string })[]): Map<string, Stat> {
  return new Map(stats.map((stat) => [stat.id, { type: 'transport', timestamp: 0, ...stat }]));
}

describe('samples', () => {
  it('keep a value only when it becomes another one, and say when it goes', () => {
    const samples = new Samples(100);
    samples.add(1000, report({ id: 'a', bytes: 1, state: 'new' }));
    const second = samples.add(2000, report({ id: 'a', bytes: 1, state: 'connected' }));
    assert.deepEqual(second.stats, { a: { type: 'transport', values: { state: 'connected' } } });
    samples.add(3000, report());
    samples.add(4000, report({ id: 'a', bytes: 1, state: 'connected' }));
    assert.deepEqual(samples.export(), {
      timesMs: [1000, 2000, 3000, 4000],
      stats: { a: { type: 'transport', members: { bytes: [0, 1, 2, null, 3, 1], state: [0, 'new', 1, 'connected', 2, null, 3, 'connected'] } } },
    });
  });

  it('forget the oldest, and keep what still holds', () => {
    const samples = new Samples(100);
    for (let n = 0; n < 1000; n++) samples.add(n, report({ id: 'a', bytes: n, constant: 'x' }, ...(n < 10 ? [{ id: 'gone', bytes: 1 }] : [])));
    const { timesMs, stats } = samples.export();
    assert.ok(timesMs.length >= 100 && timesMs.length < 160);
    assert.equal(timesMs.at(-1), 999);
    assert.deepEqual(stats.a?.members.constant, [0, 'x']);
    assert.deepEqual(stats.a?.members.bytes?.slice(0, 2), [0, timesMs[0]]);
    assert.equal(stats.gone, undefined);
  });

  it('can be put together again', () => {
    const reports = [
      report({ id: 'a', bytes: 1, state: 'new' }, { id: 'b', bytes: 5 }), report({ id: 'a', bytes: 1, state: 'connected' }),
      report({ id: 'a', bytes: 3, state: 'connected' }), report({ id: 'a', bytes: 4 }, { id: 'b', bytes: 6 }),
    ];
    const samples = new Samples(100);
    const live = reports.map((each, n) => samples.add(n * 1000, each));
    const wanted = reports.map((each, n) => [...each.values()].map((stat) => ({ ...stat, timestamp: n * 1000 })));
    const replayed = (all: Iterable<typeof live[number]>): object[][] => {
      const replay = new Replay();
      return [...all].map((sample) => [...replay.next(sample).values()].sort((a, b) => a.id.localeCompare(b.id)));
    };
    assert.deepEqual(replayed(live), wanted);
    assert.deepEqual(replayed(samplesOf(samples.export())), wanted);
  });

  it('are bounded in what one report brings', () => {
    const samples = new Samples(10);
    samples.add(0, report(...Array.from({ length: 5000 }, (_, n) => ({ id: `s${n}`, x: 1 }))));
    assert.equal(Object.keys(samples.export().stats).length, 600);
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`m${n}`, 'y'.repeat(5000)]));
    const second = new Samples(10);
    second.add(0, report({ id: 'w', ...wide }));
    const members = Object.values(second.export().stats.w?.members ?? {});
    assert.equal(members.length, 200);
    assert.equal(String(members[0]?.[1]).length, 1024);
  });
});

describe('redaction', () => {
  const mask = new AddressMask();
  it('gives each address a name that stays the same', () => {
    const text = 'candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host raddr 2001:db8::7 rport 9; 192.0.2.7';
    assert.equal(mask.of(text), 'candidate:1 1 udp 2113937151 ipv4-1 50000 typ host raddr ipv6-2 rport 9; ipv4-1');
    assert.equal(mask.of({ a: ['fe80::1%eth0'] }).a[0]?.includes('fe80'), false);
    assert.equal(mask.of('b3a1c5d2-aaaa-bbbb-cccc-0123456789ab.local').startsWith('name-'), true);
  });
  it('leaves what is no address', () => {
    for (const text of [
      'a=fingerprint:sha-256 12:AB:34:CD:56:EF:78:90:12:AB:34:CD:56:EF:78:90:12:AB:34:CD:56:EF:78:90:12:AB:34:CD:56:EF:78:90',
      'c=IN IP4 0.0.0.0', 'Chrome/141.0.0.0', 'a=rtpmap:96 VP8/90000', '12:30:45', 'profile-level-id=42e01f', 'urn:ietf:params:rtp-hdrext:sdes:mid',
    ]) assert.equal(mask.of(text), text);
  });
  it('takes out passwords and credentials', () => {
    assert.equal(withoutPassword('a=ice-ufrag:x\r\na=ice-pwd:secret\r\na=mid:0\r\n').includes('secret'), false);
    const text = JSON.stringify(withoutCredentials({ bundlePolicy: 'max-bundle', iceServers: [{ urls: 'turn:x', username: 'u1', credential: 'c1' }] }));
    assert.match(text, /turn:x/);
    assert.doesNotMatch(text, /u1|c1/);
  });
});
