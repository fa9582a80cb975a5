/** What each line of a session description means (RFC 8866, RFC 8829 and the drafts that browsers follow). Pure. */
import type { Key } from '../texts.js';

export interface Explained {
  line: string;
  key: Key;
  params: Readonly<Record<string, string>>;
  known: boolean;
}

type Meaning = Key | [Key, Record<string, string>];
type Explain = (value: string) => Meaning;

/** As much of a pasted text as is looked at. */
const linesMax = 3000;
const lineLengthMax = 2000;

export function explainSDP(text: string): Explained[] {
  return text.split(/\r\n|\r|\n/).slice(0, linesMax).map((line) => line.trim().slice(0, lineLengthMax)).filter((line) => line !== '').map(explainLine);
}

function explainLine(line: string): Explained {
  const [, type = '', value = ''] = /^([a-z])=(.*)$/.exec(line) ?? [];
  if (type === '') return { line, key: 'sdp.bad', params: {}, known: false };
  const meaning = type === 'a' ? explainAttribute(value) : types[type]?.(value);
  const [key, params] = typeof meaning === 'string' ? [meaning, {}] : meaning ?? ['sdp.unknown' as const, {}];
  return { line, key, params, known: meaning !== undefined };
}

function explainAttribute(text: string): Meaning | undefined {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const value = colon < 0 ? '' : text.slice(colon + 1);
  return Object.hasOwn(attributes, name) ? attributes[name]?.(value) : undefined;
}

const words = (value: string): string[] => value.split(/\s+/).filter((word) => word !== '');
const first = (value: string): string => words(value)[0] ?? '';
const rest = (value: string): string => words(value).slice(1).join(' ');

const types: Readonly<Record<string, Explain>> = {
  v: () => 'sdp.v',
  o: (value) => ['sdp.o', { session: words(value)[1] ?? '', version: words(value)[2] ?? '' }],
  s: () => 'sdp.s',
  i: () => 'sdp.i',
  c: (value) => (/\b(0\.0\.0\.0|::)$/.test(value) ? 'sdp.c.none' : 'sdp.c'),
  b: (value) => ['sdp.b', { kind: value.split(':')[0] ?? '', value: value.split(':')[1] ?? '' }],
  t: () => 'sdp.t',
  m: explainMedia,
};

function explainMedia(value: string): Meaning {
  const [kind = '', port = '', protocol = '', ...formats] = words(value);
  if (port === '0') return ['sdp.m.rejected', { kind }];
  if (kind === 'application') return ['sdp.m.data', { protocol }];
  return ['sdp.m', { kind, protocol, formats: formats.join(' ') }];
}

const attributes: Readonly<Record<string, Explain>> = {
  group: (value) => (first(value) === 'BUNDLE' ? ['sdp.group', { mids: rest(value) }] : ['sdp.group.other', { kind: first(value), mids: rest(value) }]),
  'msid-semantic': () => 'sdp.msid-semantic',
  'extmap-allow-mixed': () => 'sdp.extmap-allow-mixed',
  'ice-options': (value) => (/trickle/.test(value) ? 'sdp.ice-options.trickle' : ['sdp.ice-options', { value }]),
  'ice-lite': () => 'sdp.ice-lite',
  'ice-ufrag': () => 'sdp.ice-ufrag',
  'ice-pwd': () => 'sdp.ice-pwd',
  fingerprint: (value) => ['sdp.fingerprint', { hash: first(value) }],
  setup: (value) => {
    if (value === 'actpass') return 'sdp.setup.actpass';
    return value === 'active' ? 'sdp.setup.active' : 'sdp.setup.passive';
  },
  mid: (value) => ['sdp.mid', { value }],
  'bundle-only': () => 'sdp.bundle-only',
  sendrecv: () => 'sdp.sendrecv',
  sendonly: () => 'sdp.sendonly',
  recvonly: () => 'sdp.recvonly',
  inactive: () => 'sdp.inactive',
  rtcp: () => 'sdp.rtcp',
  'rtcp-mux': () => 'sdp.rtcp-mux',
  'rtcp-mux-only': () => 'sdp.rtcp-mux-only',
  'rtcp-rsize': () => 'sdp.rtcp-rsize',
  'rtcp-xr': (value) => ['sdp.rtcp-xr', { value }],
  'rtcp-fb': explainFeedback,
  extmap: explainExtension,
  rtpmap: explainPayload,
  fmtp: explainFormat,
  ptime: (value) => ['sdp.ptime', { value }],
  maxptime: (value) => ['sdp.maxptime', { value }],
  msid: (value) => ['sdp.msid', { stream: first(value), track: rest(value) }],
  ssrc: (value) => ['sdp.ssrc', { ssrc: first(value), value: rest(value) }],
  'ssrc-group': (value) => [first(value) === 'FID' ? 'sdp.ssrc-group.fid' : 'sdp.ssrc-group', { kind: first(value), ssrcs: rest(value) }],
  rid: (value) => ['sdp.rid', { rid: first(value), way: words(value)[1] ?? '' }],
  simulcast: (value) => ['sdp.simulcast', { value: rest(value) }],
  'sctp-port': (value) => ['sdp.sctp-port', { value }],
  sctpmap: () => 'sdp.sctpmap',
  'max-message-size': (value) => (value === '0' ? 'sdp.max-message-size.any' : ['sdp.max-message-size', { value }]),
  candidate: explainCandidate,
  'end-of-candidates': () => 'sdp.end-of-candidates',
  'remote-candidates': () => 'sdp.remote-candidates',
  'tls-id': () => 'sdp.tls-id',
  identity: () => 'sdp.identity',
  crypto: () => 'sdp.crypto',
  imageattr: () => 'sdp.imageattr',
  framerate: (value) => ['sdp.framerate', { value }],
  'x-google-flag': () => 'sdp.x-google-flag',
};

const feedbacks: Readonly<Record<string, Key>> = {
  nack: 'sdp.fb.nack', 'nack pli': 'sdp.fb.pli', 'ccm fir': 'sdp.fb.fir', 'goog-remb': 'sdp.fb.remb', 'transport-cc': 'sdp.fb.transport-cc',
};

function explainFeedback(value: string): Meaning {
  const kind = rest(value);
  return [Object.hasOwn(feedbacks, kind) ? feedbacks[kind] ?? 'sdp.fb' : 'sdp.fb', { payload: first(value), kind }];
}

/** By the last part of their URI. */
const extensions: Readonly<Record<string, Key>> = {
  'ssrc-audio-level': 'sdp.ext.level', 'csrc-audio-level': 'sdp.ext.level', 'abs-send-time': 'sdp.ext.time', toffset: 'sdp.ext.time',
  'transport-wide-cc-extensions-01': 'sdp.ext.transport-cc', mid: 'sdp.ext.mid', 'rtp-stream-id': 'sdp.ext.rid', 'repaired-rtp-stream-id': 'sdp.ext.rid',
  'video-orientation': 'sdp.ext.orientation', 'dependency-descriptor-rtp-header-extension': 'sdp.ext.dependency',
};

function explainExtension(value: string): Meaning {
  const uri = words(value)[1] ?? '';
  const name = /[^/:]*$/.exec(uri)?.[0] ?? '';
  const params = { id: first(value).split('/')[0] ?? '', name: name || uri };
  return [Object.hasOwn(extensions, name) ? extensions[name] ?? 'sdp.ext' : 'sdp.ext', params];
}

function explainPayload(value: string): Meaning {
  const payload = first(value);
  const [codec = '', clock = '', channels = ''] = rest(value).split('/');
  switch (codec.toLowerCase()) {
    case 'rtx': return ['sdp.rtpmap.rtx', { payload }];
    case 'red': case 'ulpfec': case 'flexfec-03': return ['sdp.rtpmap.fec', { payload, codec }];
    case 'telephone-event': return ['sdp.rtpmap.dtmf', { payload }];
    case 'cn': return ['sdp.rtpmap.cn', { payload }];
    default: return [channels ? 'sdp.rtpmap.channels' : 'sdp.rtpmap', { payload, codec, clock, channels }];
  }
}

function explainFormat(value: string): Meaning {
  const payload = first(value);
  const [, repaired] = /\bapt=(\d+)/.exec(value) ?? [];
  if (repaired) return ['sdp.fmtp.apt', { payload, repaired }];
  if (/useinbandfec/.test(value)) return ['sdp.fmtp.opus', { payload }];
  if (/profile-level-id/.test(value)) return ['sdp.fmtp.h264', { payload }];
  return ['sdp.fmtp', { payload, value: rest(value) }];
}

const candidateKeys: Readonly<Record<string, Key>> = {
  host: 'sdp.candidate.host', srflx: 'sdp.candidate.srflx', prflx: 'sdp.candidate.prflx', relay: 'sdp.candidate.relay',
};

function explainCandidate(value: string): Meaning {
  const [, , protocol = '', priority = '', address = '', port = '', , type = ''] = words(value);
  const key = Object.hasOwn(candidateKeys, type) ? candidateKeys[type] : undefined;
  return [key ?? 'sdp.candidate', { protocol: protocol.toUpperCase(), address, port, preference: String(Number(priority) >>> 24) }];
}
