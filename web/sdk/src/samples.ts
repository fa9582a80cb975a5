/** Statistics over time, kept small: of each number only when it became another one. */

import type { Stat } from './stat.js';

/** What a member of a statistics object can be, once written down. */
export type Value = number | string | boolean | null;

/** Of one stat: its type, and per member [index of the sample, value, index, value, ...]. Null: it was not there. */
export interface StatHistory { type: string; members: Record<string, Value[]> }

/** `values` have what changed since the sample before. */
export interface Sample { atMs: number; stats: Record<string, { type: string; values: Record<string, Value> }> }

/** All samples of a connection: their times, and by id what the statistics were. */
export interface SampleHistory { timesMs: number[]; stats: Record<string, StatHistory> }

const STATS_MAX = 600;
const MEMBERS_MAX = 200;
const TEXT_MAX = 1024;
/** What is too old is dropped in lots. */
const LOT = 60;

interface Track { type: string; members: Map<string, { at: number[]; values: Value[] }> }

export class Samples {
  readonly #max: number;
  readonly #times: number[] = [];
  readonly #stats = new Map<string, Track>();
  /** Number of the first sample that is kept. */
  #first = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a report; returns what is new in it. */
  add(atMs: number, report: ReadonlyMap<string, Stat>): Sample {
    const index = this.#first + this.#times.length;
    const sample: Sample = { atMs, stats: {} };
    this.#times.push(atMs);
    for (const [id, stat] of report) {
      const track = this.#track(id, stat.type);
      if (!track) continue;
      for (const [name, value] of Object.entries(stat)) {
        if (name !== 'id' && name !== 'type' && name !== 'timestamp') note(sample, index, id, track, name, plain(value));
      }
    }
    for (const [id, track] of this.#stats) {
      const stat = report.get(id);
      for (const name of track.members.keys()) if (stat?.[name] === undefined) note(sample, index, id, track, name, null);
    }
    if (this.#times.length >= this.#max + LOT) this.#drop(LOT);
    return sample;
  }

  export(): SampleHistory {
    const stats: Record<string, StatHistory> = {};
    for (const [id, { type, members }] of this.#stats) {
      const history: StatHistory = { type, members: {} };
      for (const [name, { at, values }] of members) {
        history.members[name] = at.flatMap((index, n) => [Math.max(0, index - this.#first), values[n] ?? null]);
      }
      stats[id] = history;
    }
    return { timesMs: [...this.#times], stats };
  }

  #track(id: string, type: string): Track | null {
    const known = this.#stats.get(id);
    if (known) return known;
    if (this.#stats.size >= STATS_MAX) return null;
    const track: Track = { type, members: new Map() };
    this.#stats.set(id, track);
    return track;
  }

  #drop(count: number): void {
    this.#times.splice(0, count);
    this.#first += count;
    for (const [id, { members }] of this.#stats) {
      for (const [name, { at, values }] of members) {
        // The last value from before still holds.
        let gone = 0;
        while (gone + 1 < at.length && (at[gone + 1] ?? 0) <= this.#first) gone++;
        at.splice(0, gone);
        values.splice(0, gone);
        if (at.length === 1 && values[0] === null) members.delete(name);
      }
      if (members.size === 0) this.#stats.delete(id);
    }
  }
}

function note(sample: Sample, index: number, id: string, track: Track, name: string, value: Value | undefined): void {
  if (value === undefined) return;
  let member = track.members.get(name);
  if (!member) {
    if (value === null || track.members.size >= MEMBERS_MAX) return;
    track.members.set(name, (member = { at: [], values: [] }));
  }
  if (member.values.at(-1) === value) return;
  member.at.push(index);
  member.values.push(value);
  (sample.stats[id] ??= { type: track.type, values: {} }).values[name] = value;
}

/** Nested values are written out; there are few. */
function plain(value: unknown): Value | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string') return value.slice(0, TEXT_MAX);
  if (typeof value === 'boolean') return value;
  return value === null || value === undefined ? undefined : JSON.stringify(value)?.slice(0, TEXT_MAX);
}

/** A history as the samples that it was made of. */
export function* samplesOf({ timesMs, stats }: SampleHistory): Generator<Sample> {
  const samples: Sample[] = timesMs.map((atMs) => ({ atMs, stats: {} }));
  for (const [id, { type, members }] of Object.entries(stats)) {
    for (const [name, history] of Object.entries(members)) {
      for (let n = 0; n + 1 < history.length; n += 2) {
        const sample = samples[Number(history[n])];
        if (sample) (sample.stats[id] ??= { type, values: {} }).values[name] = history[n + 1] ?? null;
      }
    }
  }
  yield* samples;
}

/** Puts samples together again to what getStats() said, at the time of each. */
export class Replay {
  #stats: ReadonlyMap<string, Stat> = new Map();

  /** The next sample, in their order. What it returns stays as it is. */
  next({ atMs, stats }: Sample): ReadonlyMap<string, Stat> {
    const report = new Map<string, Stat>();
    for (const [id, stat] of this.#stats) report.set(id, { ...stat, timestamp: atMs });
    for (const [id, { type, values }] of Object.entries(stats)) {
      const members = Object.entries({ ...report.get(id), ...values }).filter(([name, value]) => value !== null && !['id', 'type', 'timestamp'].includes(name));
      if (members.length === 0) report.delete(id);
      else report.set(id, { ...Object.fromEntries(members), id, type, timestamp: atMs });
    }
    return (this.#stats = report);
  }
}
