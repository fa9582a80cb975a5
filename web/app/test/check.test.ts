import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { browserOf, systemOf } from '../src/call/problems.js';
import { familiesOf } from '../src/check/network.js';
import { reportOf } from '../src/check/report.js';
import { stateOf, type Carried, type RelayProtocol, type Results } from '../src/check/results.js';
import { judge, openingOf } from '../src/check/verdict.js';

const good: Carried = { connectMs: 100, rttMs: 20, lossFraction: 0, jitterMs: 2, throughputBps: 5e6 };
const urls: Record<RelayProtocol, string> = {
  udp: 'turn:call.example:3478?transport=udp', tcp: 'turn:call.example:443?transport=tcp', tls: 'turns:call.example:443?transport=tcp',
};

function relays(carried: Partial<Record<RelayProtocol, Carried | null>>): NonNullable<Results['relays']> {
  return Object.fromEntries(Object.entries(carried).map(([protocol, c]) => [
    protocol, { protocol, url: urls[protocol as RelayProtocol], carried: c, errorCode: c ? null : 701, errorText: '' },
  ]));
}

const base: Results = {
  browser: { missing: [], without: [] }, secure: { ok: true }, signaling: { ok: true, rttMs: 10, problem: '', url: 'wss://call.example/v1/signal' },
  stun: { ok: true, behindNat: true, urls: ['stun:call.example:3478'] }, relays: relays({ udp: good, tcp: good, tls: good }),
};
const noStun = { ok: false, behindNat: null, urls: ['stun:call.example:3478'] };

describe('the verdict', () => {
  const says = (results: Results, level: string, reason: string): ReturnType<typeof judge> => {
    const verdict = judge(results);
    assert.equal(`${verdict.level} ${verdict.reason}`, `${level} ${reason}`);
    return verdict;
  };
  it('is good where UDP comes through, also without a relay over TCP', () => {
    says(base, 'well', 'all-good');
    says({ ...base, relays: relays({ udp: good, tcp: null, tls: null }) }, 'well', 'all-good');
  });
  it('names what to open where UDP is blocked, once each', () => {
    const { open } = says({ ...base, stun: noStun, relays: relays({ udp: null, tcp: good, tls: good }) }, 'relayed', 'udp-blocked');
    assert.deepEqual(open, [{ protocol: 'UDP', host: 'call.example', port: 3478, tls: false }]);
  });
  it('does not blame the network for what the server does not offer', () => {
    says({ ...base, stun: { ...noStun, urls: [] }, relays: { ...relays({ tcp: good }), udp: 'not-offered' } }, 'relayed', 'udp-not-offered');
  });
  it('says what is rough, by the limits of the badge', () => {
    const with_ = (change: Partial<Carried>): Results => ({ ...base, relays: relays({ udp: { ...good, ...change } }) });
    says(with_({ lossFraction: 0.08 }), 'limited', 'loss');
    says(with_({ rttMs: 400 }), 'limited', 'delay');
    says(with_({ jitterMs: 80 }), 'limited', 'jitter');
    says(with_({ throughputBps: 100_000 }), 'limited', 'slow');
    says(with_({ rttMs: 399, lossFraction: 0.079, jitterMs: 79, throughputBps: null }), 'well', 'all-good');
  });
  it('is no where nothing comes through', () => {
    const none = relays({ udp: null, tcp: null, tls: null });
    says({ ...base, relays: none }, 'limited', 'no-relay');
    const { open } = says({ ...base, stun: noStun, relays: none }, 'impossible', 'all-blocked');
    assert.deepEqual(open.map(({ protocol, port }) => `${protocol} ${port}`), ['UDP 3478', 'TCP 443']);
    says({ secure: { ok: false } }, 'impossible', 'insecure');
    says({ ...base, browser: { missing: ['RTCPeerConnection'], without: [] } }, 'impossible', 'browser');
    const signaling = { ok: false, rttMs: null, problem: 'server-gone', url: 'wss://call.example/v1/signal' };
    assert.deepEqual(says({ secure: { ok: true }, signaling }, 'impossible', 'signaling').open, [{ protocol: 'TCP', host: 'call.example', port: 443, tls: true }]);
  });
});

describe('steps', () => {
  it('take a silent microphone and a refused camera as worth a look, not as a fault', () => {
    assert.equal(stateOf('microphone', { microphone: { problem: null, peakDb: -90, silent: true } }), 'note');
    assert.equal(stateOf('camera', { camera: { problem: 'permission-denied', sizes: [] } }), 'note');
    assert.equal(stateOf('turn-udp', { relays: { udp: 'not-offered' } }), 'skipped');
    assert.equal(stateOf('stun', {}), null);
  });
});

describe('addresses', () => {
  it('of ICE URLs are read with their defaults', () => {
    assert.deepEqual(openingOf('stun:a.example'), { protocol: 'UDP', host: 'a.example', port: 3478, tls: false });
    assert.deepEqual(openingOf('turns:[2001:db8::1]?transport=tcp'), { protocol: 'TCP', host: '[2001:db8::1]', port: 5349, tls: true });
    assert.equal(openingOf('nonsense'), null);
  });
  it('tell the protocols, unless the browser hides them', () => {
    const of = (...list: string[]): unknown => familiesOf(list.map((address) => ({ address, candidate: '' })));
    assert.deepEqual(of('192.0.2.1', 'x.local'), { ipv4: true, ipv6: false, addresses: ['192.0.2.1'] });
    assert.deepEqual(of('2001:db8::1', '::ffff:192.0.2.1'), { ipv4: false, ipv6: true, addresses: ['2001:db8::1', '::ffff:192.0.2.1'] });
  });
  it('are in a report only where they were asked for', () => {
    const results: Results = { ...base, families: { ipv4: true, ipv6: false, addresses: ['192.0.2.1'] } };
    const facts = { createdAt: '2026-01-01', server: 'call.example', userAgent: 'x' };
    assert.doesNotMatch(JSON.stringify(reportOf(results, judge(results), { ...facts, addresses: false })), /192\.0\.2\.1/);
    assert.match(JSON.stringify(reportOf(results, judge(results), { ...facts, addresses: true })), /192\.0\.2\.1/);
  });
});

describe('browser and system', () => {
  const agents: [string, number, string, string][] = [
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36', 0, 'chrome', 'windows'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0', 0, 'edge', 'windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 0, 'firefox', 'linux'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15', 0, 'safari', 'macos'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15', 5, 'ios', 'ios'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1', 5, 'ios', 'ios'],
    ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36', 5, 'android', 'android'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36', 0, 'chrome', 'macos'],
  ];
  it('are guessed from what the browser says of itself', () => {
    for (const [agent, touch, browser, system] of agents) assert.deepEqual([browserOf(agent, touch), systemOf(agent, touch)], [browser, system], agent);
  });
});
