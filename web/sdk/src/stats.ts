/** Statistics of one connection in one shape, whichever browser counted. */

import { pathOf, selectedPair } from './path.js';
import { number, text, type Stat } from './stat.js';
import type { PeerStats, TrackKind, TrackStats } from './types.js';

/** Counters of one report, to subtract from the next. */
export type Counters = ReadonlyMap<string, Stat>;

/** Of PeerStats what the statistics of a connection say by themselves. */
export type ConnectionStats = Omit<PeerStats, 'peer' | 'atMs' | 'quality'>;

/** A report of getStats(), and the one before it, in one shape. `kinds`: mid of a media section -> what it carries. `relays`: candidates of the peer that relay, "address:port". */
export function normalise(
  stats: Counters, before: Counters | null, kinds: ReadonlyMap<string, TrackKind>, relays: ReadonlySet<string> = new Set(),
): ConnectionStats {
  const pair = selectedPair(stats);
  const tracks: TrackStats[] = [];
  for (const stat of stats.values()) {
    const kind = kinds.get(text(stat, 'mid'));
    if (!kind) continue;
    if (stat.type === 'inbound-rtp') tracks.push(inbound(kind, stat, before?.get(stat.id), stats));
    if (stat.type === 'outbound-rtp') tracks.push(outbound(kind, stat, before, stats));
  }
  // Padding that probes for bandwidth is counted on senders that have no track.
  const active = tracks.filter((track) => track.packets > 0 && track.width !== 0 && !(track.width === null && isVideo(track.kind)));
  const inboundTracks = active.filter((track) => track.direction === 'inbound');
  const sum = (direction: string): number =>
    active.reduce((total, track) => total + (track.direction === direction ? track.bitrateBps : 0), 0);
  return {
    rttMs: ms(number(pair, 'currentRoundTripTime')) ?? least(active.map((track) => track.rttMs)),
    availableOutgoingBps: number(pair, 'availableOutgoingBitrate'),
    sentBps: sum('outbound'),
    receivedBps: sum('inbound'),
    lossFraction: Math.max(0, ...active.map((track) => track.lossFraction)),
    jitterMs: Math.max(0, ...inboundTracks.map((track) => track.jitterMs)),
    path: pathOf(stats, relays),
    tracks: active,
  };
}

function inbound(kind: TrackKind, stat: Stat, before: Stat | undefined, stats: Counters): TrackStats {
  const received = delta(stat, before, 'packetsReceived');
  // Lost counts down again when a packet was only late.
  const lost = Math.max(0, delta(stat, before, 'packetsLost'));
  const video = text(stat, 'kind') === 'video';
  const count = (name: string): number | null => (video ? number(stat, name) : null);
  return {
    kind,
    direction: 'inbound',
    codec: codecName(stat, stats),
    bitrateBps: rate(stat, before, 'bytesReceived') * 8,
    packets: number(stat, 'packetsReceived') ?? 0,
    packetsLost: number(stat, 'packetsLost') ?? 0,
    lossFraction: received + lost > 0 ? lost / (received + lost) : 0,
    jitterMs: ms(number(stat, 'jitter')) ?? 0,
    rttMs: null,
    fps: video ? framesPerSecond(stat, before, 'framesDecoded') : null,
    width: count('frameWidth'),
    height: count('frameHeight'),
    framesDecoded: count('framesDecoded'),
    framesDropped: count('framesDropped'),
    freezeCount: count('freezeCount'),
    freezeMs: video ? ms(number(stat, 'totalFreezesDuration')) : null,
    audioEnergy: number(stat, 'totalAudioEnergy'),
    limitedBy: null,
  };
}

function outbound(kind: TrackKind, stat: Stat, before: Counters | null, stats: Counters): TrackStats {
  const earlier = before?.get(stat.id);
  const remote = stats.get(text(stat, 'remoteId'));
  const source = stats.get(text(stat, 'mediaSourceId'));
  const video = text(stat, 'kind') === 'video';
  return {
    kind,
    direction: 'outbound',
    codec: codecName(stat, stats),
    bitrateBps: rate(stat, earlier, 'bytesSent') * 8,
    packets: number(stat, 'packetsSent') ?? 0,
    packetsLost: number(remote, 'packetsLost') ?? 0,
    lossFraction: remoteLoss(stat, earlier, remote, before),
    jitterMs: ms(number(remote, 'jitter')) ?? 0,
    rttMs: ms(number(remote, 'roundTripTime')),
    fps: video ? framesPerSecond(stat, earlier, 'framesEncoded') : null,
    width: video ? number(stat, 'frameWidth') : null,
    height: video ? number(stat, 'frameHeight') : null,
    framesDecoded: null,
    framesDropped: null,
    freezeCount: null,
    freezeMs: null,
    audioEnergy: number(source, 'totalAudioEnergy'),
    limitedBy: video ? limitation(text(stat, 'qualityLimitationReason')) : null,
  };
}

/** Of the receiver's reports: its own fraction where there is one, else what it lost of what we sent. */
function remoteLoss(stat: Stat, earlier: Stat | undefined, remote: Stat | undefined, before: Counters | null): number {
  const fraction = number(remote, 'fractionLost');
  if (fraction !== null) return fraction;
  const sent = delta(stat, earlier, 'packetsSent');
  const lost = Math.max(0, delta(remote, remote && before?.get(remote.id), 'packetsLost'));
  return sent > 0 ? Math.min(1, lost / sent) : 0;
}

function isVideo(kind: TrackKind): boolean {
  return kind === 'camera' || kind === 'screen';
}

function limitation(reason: string): TrackStats['limitedBy'] {
  return reason === 'none' || reason === 'cpu' || reason === 'bandwidth' || reason === 'other' ? reason : null;
}

function codecName(stat: Stat, stats: Counters): string {
  return text(stats.get(text(stat, 'codecId')), 'mimeType').replace(/^.*\//, '');
}

/** Firefox leaves framesPerSecond out of what it receives at times: then from the frames counted. */
function framesPerSecond(stat: Stat, before: Stat | undefined, counter: string): number {
  return number(stat, 'framesPerSecond') ?? Math.round(rate(stat, before, counter));
}

function delta(stat: Stat | undefined, before: Stat | undefined, name: string): number {
  return before ? (number(stat, name) ?? 0) - (number(before, name) ?? 0) : 0;
}

function rate(stat: Stat, before: Stat | undefined, name: string): number {
  const seconds = before ? (stat.timestamp - before.timestamp) / 1000 : 0;
  return seconds > 0 ? Math.max(0, delta(stat, before, name)) / seconds : 0;
}

function ms(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}

function least(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/**
 * How a call feels, from loss, round trip and jitter; the worst of the three decides. Below all of `good`
 * concealment and retransmission hide it (ITU-T G.114: 150 ms one way); below all of `fair` words and frames
 * suffer now and then; above, talking becomes work. docs/quality.md says it to users.
 */
export const QUALITY_LIMITS = {
  good: { lossFraction: 0.02, rttMs: 200, jitterMs: 30 },
  fair: { lossFraction: 0.08, rttMs: 400, jitterMs: 80 },
} as const;

/** In which of the limits the values of a connection lie. */
export function qualityOf(stats: Pick<PeerStats, 'lossFraction' | 'rttMs' | 'jitterMs'>): 'good' | 'fair' | 'poor' {
  const within = (limit: { lossFraction: number; rttMs: number; jitterMs: number }): boolean =>
    stats.lossFraction < limit.lossFraction && (stats.rttMs ?? 0) < limit.rttMs && stats.jitterMs < limit.jitterMs;
  if (within(QUALITY_LIMITS.good)) return 'good';
  return within(QUALITY_LIMITS.fair) ? 'fair' : 'poor';
}
