/** A connection over time, put together from its samples. */
import { normalise, type PathInfo, type TrackKind } from '@parley/client';
import { Replay, type Sample, type Stat } from '@parley/client/diagnostics';
import type { Course } from '../call/plots.js';

const names = ['timeS', 'sentKbps', 'receivedKbps', 'rttMs', 'jitterMs', 'lossPercent', 'framesSent', 'framesReceived', 'availableKbps'] as const;

export interface Pair { id: string; used: boolean; state: string; local: Stat | undefined; remote: Stat | undefined; rttMs: number | null; sent: number; received: number }

export class ConnectionCourse {
  readonly #replay = new Replay();
  readonly #lists = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<typeof names[number], (number | null)[]>;
  #last: ReadonlyMap<string, Stat> = new Map();
  #path: PathInfo | null = null;

  constructor(samples: Iterable<Sample>) {
    for (const sample of samples) this.add(sample);
  }

  get course(): Course {
    return this.#lists;
  }

  /** What getStats() said last. */
  get last(): ReadonlyMap<string, Stat> {
    return this.#last;
  }

  /** The last one there was. */
  get path(): PathInfo | null {
    return this.#path;
  }

  add(sample: Sample): void {
    const before = this.#lists.timeS.length > 0 ? this.#last : null;
    const report = this.#replay.next(sample);
    // A connection that is closed counts nothing; the last that it said stays.
    if (report.size === 0) return;
    this.#last = report;
    const stats = normalise(report, before, kindsOf(report));
    if (stats.path.kind !== 'none') this.#path = stats.path;
    const frames = (direction: string): number | null => {
      const rates = stats.tracks.filter((track) => track.direction === direction && track.fps !== null).map(({ fps }) => fps ?? 0);
      return rates.length > 0 ? Math.max(...rates) : null;
    };
    const values = {
      timeS: sample.atMs / 1000, sentKbps: before && stats.sentBps / 1000, receivedKbps: before && stats.receivedBps / 1000, rttMs: stats.rttMs,
      jitterMs: stats.jitterMs, lossPercent: before && stats.lossFraction * 100, framesSent: frames('outbound'), framesReceived: frames('inbound'),
      availableKbps: stats.availableOutgoingBps === null ? null : stats.availableOutgoingBps / 1000,
    };
    for (const name of names) this.#lists[name].push(values[name]);
  }

  pairs(): Pair[] {
    const stats = [...this.#last.values()];
    const chosen = new Set(stats.filter(({ type }) => type === 'transport').map((transport) => transport['selectedCandidatePairId']));
    const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
    return stats.filter(({ type }) => type === 'candidate-pair').map((pair) => ({
      id: pair.id, used: chosen.has(pair.id) || pair['selected'] === true, state: String(pair['state'] ?? ''),
      local: this.#last.get(String(pair['localCandidateId'])), remote: this.#last.get(String(pair['remoteCandidateId'])),
      rttMs: typeof pair['currentRoundTripTime'] === 'number' ? pair['currentRoundTripTime'] * 1000 : null,
      sent: count(pair['bytesSent']), received: count(pair['bytesReceived']),
    })).sort((a, b) => Number(b.used) - Number(a.used) || b.sent + b.received - a.sent - a.received);
  }
}

/** A report does not say what a stream shows; sound and picture are enough to add up. */
function kindsOf(stats: ReadonlyMap<string, Stat>): Map<string, TrackKind> {
  const kinds = new Map<string, TrackKind>();
  for (const stat of stats.values()) {
    if (stat.type === 'inbound-rtp' || stat.type === 'outbound-rtp') kinds.set(String(stat['mid'] ?? ''), stat['kind'] === 'audio' ? 'microphone' : 'camera');
  }
  return kinds;
}
