import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { pathOf, samePath, worstPath } from '../src/path.js';
import type { Stat } from '../src/stat.js';
import { normalise, QUALITY_LIMITS, qualityOf } from '../src/stats.js';
import type { PathInfo, TrackKind } from '../src/types.js';
import chromium from './fixtures/chromium.json' with { type: 'json' };
import firefox from './fixtures/firefox.json' with { type: 'json' };

// getStats() of a call between two pages of each browser, twice, a second apart.
const dumps = { chromium, firefox };
const KINDS = new Map<string, TrackKind>([['0', 'microphone'], ['1', 'camera'], ['2', 'screen'], ['3', 'screen-audio']]);

function counters(stats: readonly object[]): Map<string, Stat> {
  return new Map(stats.map((stat) => [(stat as Stat).id, stat as Stat]));
}

for (const [name, dump] of Object.entries(dumps)) {
  test(`${name}: one shape for microphone and camera, both ways`, () => {
    const stats = normalise(counters(dump.second), counters(dump.first), KINDS);
    assert.deepEqual(
      stats.tracks.map((t) => `${t.direction} ${t.kind}`).sort(),
      ['inbound camera', 'inbound microphone', 'outbound camera', 'outbound microphone'],
    );
    for (const track of stats.tracks) {
      assert.equal(track.codec, track.kind === 'camera' ? 'VP8' : 'opus');
      assert.ok(track.bitrateBps > 5_000 && track.bitrateBps < 3_000_000, `${track.kind} ${track.bitrateBps}`);
      assert.equal(track.lossFraction, 0);
      assert.ok(track.jitterMs >= 0 && track.jitterMs < 50);
    }
    const camera = stats.tracks.find((t) => t.direction === 'inbound' && t.kind === 'camera');
    assert.ok(camera && (camera.fps ?? 0) >= 15 && (camera.width ?? 0) > 100 && (camera.framesDecoded ?? 0) > 50);
    assert.equal(camera.freezeCount, 0);
    const voice = stats.tracks.find((t) => t.direction === 'inbound' && t.kind === 'microphone');
    assert.ok(voice && (voice.audioEnergy ?? 0) > 0 && voice.fps === null);
    assert.ok(stats.sentBps > 50_000 && stats.receivedBps > 50_000);
    assert.ok((stats.rttMs ?? 1000) < 20);
    assert.equal(qualityOf(stats), 'good');
  });

  test(`${name}: the path is direct over UDP between host candidates`, () => {
    const path = pathOf(counters(dump.second));
    assert.deepEqual([path.kind, path.protocol, path.local?.type], ['direct', 'udp', 'host']);
    assert.ok(path.local && path.remote && path.local.port > 0 && path.remote.address !== '');
  });

  test(`${name}: without an earlier report there are no rates yet`, () => {
    const stats = normalise(counters(dump.second), null, KINDS);
    assert.deepEqual([stats.sentBps, stats.receivedBps, stats.lossFraction], [0, 0, 0]);
  });
}

function stat(fields: Record<string, unknown>): Stat {
  return { id: '', type: '', timestamp: 0, ...fields };
}

test('loss counts what is missing of an interval, not what came late in the end', () => {
  const at = (timestamp: number, packetsReceived: number, packetsLost: number): Map<string, Stat> =>
    counters([stat({ id: 'i', type: 'inbound-rtp', timestamp, mid: '0', kind: 'audio', packetsReceived, packetsLost })]);
  const loss = (before: Map<string, Stat>, now: Map<string, Stat>): number => normalise(now, before, KINDS).lossFraction;
  assert.equal(loss(at(0, 100, 0), at(1000, 190, 10)), 0.1);
  assert.equal(loss(at(0, 100, 10), at(1000, 150, 5)), 0);
});

test('a relay is named by how this browser reaches it', () => {
  const path = pathOf(counters([
    stat({ id: 'p', type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'l', remoteCandidateId: 'r' }),
    stat({ id: 'l', type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls', address: '192.0.2.9', port: 50000, url: 'turns:h:443' }),
    stat({ id: 'r', type: 'remote-candidate', candidateType: 'srflx', protocol: 'udp', address: '198.51.100.2', port: 4000 }),
  ]));
  assert.deepEqual([path.kind, path.protocol, path.local?.relayProtocol, path.local?.url], ['relay', 'tls', 'tls', 'turns:h:443']);
  assert.deepEqual(pathOf(new Map()), { kind: 'none', protocol: 'udp' });
});

test('a relay that was heard of by a check first is a relay all the same', () => {
  const pair = counters([
    stat({ id: 'p', type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'l', remoteCandidateId: 'r' }),
    stat({ id: 'l', type: 'local-candidate', candidateType: 'host', protocol: 'udp', address: '192.0.2.9', port: 50000 }),
    stat({ id: 'r', type: 'remote-candidate', candidateType: 'prflx', protocol: 'udp', address: '203.0.113.10', port: 51514 }),
  ]);
  assert.equal(pathOf(pair).kind, 'direct');
  const path = pathOf(pair, new Set(['203.0.113.10:51514']));
  assert.deepEqual([path.kind, path.protocol, path.remote?.type], ['relay', 'udp', 'relay']);
});

test('the worst path of all peers, not counting those without one', () => {
  const none: PathInfo = { kind: 'none', protocol: 'udp' };
  const direct: PathInfo = { kind: 'direct', protocol: 'udp' };
  const relay: PathInfo = { kind: 'relay', protocol: 'tcp' };
  assert.equal(worstPath([]).kind, 'none');
  assert.equal(worstPath([none, direct]), direct);
  assert.equal(worstPath([relay, direct, none]), relay);
  assert.ok(samePath(relay, { kind: 'relay', protocol: 'tcp' }) && !samePath(relay, direct));
});

test('the worst of loss, round trip and jitter decides about quality', () => {
  const quality = (lossFraction: number, rttMs: number | null, jitterMs: number): string => qualityOf({ lossFraction, rttMs, jitterMs });
  assert.equal(quality(0, null, 0), 'good');
  assert.equal(quality(0.03, 20, 5), 'fair');
  assert.equal(quality(0, 350, 5), 'fair');
  assert.equal(quality(0, 20, 90), 'poor');
  assert.equal(quality(0.2, 20, 5), 'poor');
});

test('docs/quality.md says what the limits are', async () => {
  const lines = (await readFile('../docs/quality.md', 'utf8')).split('\n');
  for (const quality of ['good', 'fair'] as const) {
    const { lossFraction, rttMs, jitterMs } = QUALITY_LIMITS[quality];
    const row = `| ${quality} | below ${lossFraction * 100} % | below ${rttMs} ms | below ${jitterMs} ms |`;
    assert.ok(lines.some((line) => line.startsWith(row)), row);
    const just = { lossFraction: lossFraction - 0.001, rttMs: rttMs - 1, jitterMs: jitterMs - 1 };
    assert.equal(qualityOf(just), quality);
    for (const [name, value] of Object.entries(QUALITY_LIMITS[quality])) assert.notEqual(qualityOf({ ...just, [name]: value }), quality, name);
  }
});
