import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { explainSDP } from '../src/learn/sdp/explain.js';
import { en } from '../src/learn/texts/en.js';

function only(line: string): { key: string; params: Readonly<Record<string, string>> } {
  const [explained] = explainSDP(line);
  assert.ok(explained);
  return explained;
}

describe('explainSDP', () => {
  it('says what a line means, with what is in it', () => {
    const cases: [line: string, key: string, params: Record<string, string>][] = [
      ['v=0', 'sdp.v', {}],
      ['o=- 4611 3 IN IP4 127.0.0.1', 'sdp.o', { session: '4611', version: '3' }],
      ['c=IN IP4 0.0.0.0', 'sdp.c.none', {}],
      ['c=IN IP6 2001:db8::1', 'sdp.c', {}],
      ['m=audio 9 UDP/TLS/RTP/SAVPF 111 63', 'sdp.m', { kind: 'audio', protocol: 'UDP/TLS/RTP/SAVPF', formats: '111 63' }],
      ['m=video 0 UDP/TLS/RTP/SAVPF 96', 'sdp.m.rejected', { kind: 'video' }],
      ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'sdp.m.data', { protocol: 'UDP/DTLS/SCTP' }],
      ['a=group:BUNDLE 0 1', 'sdp.group', { mids: '0 1' }],
      ['a=rtpmap:111 opus/48000/2', 'sdp.rtpmap.channels', { payload: '111', codec: 'opus', clock: '48000', channels: '2' }],
      ['a=fmtp:97 apt=96', 'sdp.fmtp.apt', { payload: '97', repaired: '96' }],
      ['a=rtcp-fb:96 nack pli', 'sdp.fb.pli', { payload: '96', kind: 'nack pli' }],
      ['a=rtcp-fb:* something new', 'sdp.fb', { payload: '*', kind: 'something new' }],
      ['a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid', 'sdp.ext.mid', { id: '4', name: 'mid' }],
      ['a=simulcast:send low;high', 'sdp.simulcast', { value: 'low;high' }],
      ['a=max-message-size:0', 'sdp.max-message-size.any', {}],
      ['a=candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host', 'sdp.candidate.host', { protocol: 'UDP', address: '192.0.2.1', port: '5000', preference: '126' }],
      ['a=candidate:1 1 udp 7 192.0.2.1 5000 typ new', 'sdp.candidate', { protocol: 'UDP', address: '192.0.2.1', port: '5000', preference: '0' }],
    ];
    for (const [line, key, params] of cases) {
      const explained = only(line);
      assert.deepEqual([explained.key, explained.params], [key, params], line);
    }
  });

  it('says so of what it does not know', () => {
    for (const line of ['a=never-heard-of:1', 'a=constructor', 'q=1', 'a=toString:x']) assert.equal(only(line).key, 'sdp.unknown', line);
    for (const line of ['nonsense', '=', 'V=0', '<b>']) assert.equal(only(line).key, 'sdp.bad', line);
  });

  it('takes anything that is pasted, up to a bound', () => {
    assert.deepEqual(explainSDP('\r\n\n  \r'), []);
    assert.equal(explainSDP('v=0\n'.repeat(100_000)).length, 3000);
    assert.equal(explainSDP(`a=${'x'.repeat(1_000_000)}`)[0]?.line.length, 2000);
    for (const name of ['m=', 'o=', 'a=candidate:', 'a=extmap:', 'a=rtpmap:', 'a=fmtp:', 'a=rtcp-fb:', 'a=ssrc-group:', 'a=']) assert.ok(only(name).key in en, name);
  });

  it('has parameters for each text that wants some', async () => {
    const source = await readFile(new URL('../../../app/src/learn/sdp/explain.ts', import.meta.url), 'utf8');
    for (const [key, text] of Object.entries(en)) {
      if (!key.startsWith('sdp.') || !source.includes(`'${key}'`)) continue;
      for (const [, name] of text.matchAll(/\{(\w+)\}/g)) assert.match(source, new RegExp(`\\b${name}\\b`), key);
    }
  });
});
