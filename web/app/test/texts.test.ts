import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PeerStats } from '@parley/client';
import { History, samplesMax } from '../src/call/history.js';
import { parseInvite, parseRoute } from '../src/router.js';
import { parseSettings } from '../src/settings.js';

const base = new URL('https://parley.example/');

describe('parseRoute', () => {
  const route = (path: string): unknown => parseRoute(new URL(path, base));
  it('knows the pages', () => {
    assert.deepEqual(route('/'), { page: 'home' });
    assert.deepEqual(route('/r/garden'), { page: 'room', room: 'garden', name: null, join: false });
    assert.deepEqual(route('/r/garden/?name=%20Ann%20&join'), { page: 'room', room: 'garden', name: 'Ann', join: true });
    assert.deepEqual(route('/r/GARDEN'), { page: 'room', room: 'garden', name: null, join: false });
  });
  it('refuses what is no room', () => {
    for (const path of ['/r/', '/r/a/b', '/r/no room', '/r/%E0%A4%A', `/r/${'x'.repeat(65)}`, '/elsewhere']) {
      assert.deepEqual(route(path), { page: 'unknown' }, path);
    }
  });
});

describe('parseInvite', () => {
  const invite = (text: string): string | undefined => parseInvite(text, base)?.href;
  it('takes links, paths and codes', () => {
    assert.equal(invite(' https://other.example/r/garden?name=x '), 'https://other.example/r/garden?name=x');
    assert.equal(invite('parley.example/r/garden'), 'https://parley.example/r/garden');
    assert.equal(invite('K3VQ 9xwd mm2t 7hcp'), 'https://parley.example/r/k3vq-9xwd-mm2t-7hcp');
  });
  it('refuses the rest', () => {
    for (const text of ['', '  ', 'https://example.org/', 'javascript:alert(1)', 'https://', 'комната']) assert.equal(invite(text), undefined, text);
  });
});

describe('parseSettings', () => {
  it('keeps what has the right shape and nothing else', () => {
    const stored = parseSettings({
      name: 'Ann', theme: 'purple', devices: { camera: 'c1', microphone: 7, other: 'x' }, microphoneOn: false, cameraOn: 'no',
      recent: [{ room: 'garden', atMs: 5, more: 1 }, { room: '../x', atMs: 5 }, null, { room: 'pond', atMs: NaN }], junk: 1,
    });
    assert.deepEqual(stored, {
      name: 'Ann', locale: '', theme: 'system', devices: { camera: 'c1' }, microphoneOn: false, cameraOn: true, shortcuts: true, knockSound: false,
      recent: [{ room: 'garden', atMs: 5 }],
    });
  });
  it('makes do with anything', () => {
    for (const value of [null, 1, 'x', [], { recent: 'x', devices: null }]) assert.equal(parseSettings(value).theme, 'system');
  });
});

describe('History', () => {
  it('keeps two minutes per peer', () => {
    const history = new History();
    const stats = (atMs: number): PeerStats => ({
      peer: 'a', atMs, rttMs: null, availableOutgoingBps: null, sentBps: 2000, receivedBps: 1000, lossFraction: 0.5, jitterMs: 1,
      quality: 'good', path: { kind: 'direct', protocol: 'udp' }, tracks: [],
    });
    for (let n = 0; n < samplesMax + 7; n++) history.add(stats(n * 1000));
    const series = history.of('a');
    assert.equal(series?.timeS.length, samplesMax);
    assert.equal(series?.timeS[0], 7);
    assert.deepEqual([series?.sentKbps.at(-1), series?.receivedKbps.at(-1), series?.lossPercent.at(-1), series?.rttMs.at(-1)], [2, 1, 50, null]);
    history.forget('a');
    assert.equal(history.of('a'), null);
  });
});
