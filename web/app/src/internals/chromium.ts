/** Dumps of chrome://webrtc-internals: read as a report, and a report written as one. */
import type { DiagnosticEvent, DiagnosticReport, StatHistory, Value } from '@parley/client/diagnostics';
import { BadDump, isRecord, isValue, listOf, recordOf } from './shape.js';

const connectionsMax = 200;
const eventsMax = 50_000;
const valuesMax = 20_000;
const membersMax = 100_000;

interface Values { id: string; member: string; type: string; startMs: number; endMs: number; values: Value[] }

export function fromChromium(dump: Record<string, unknown>): DiagnosticReport {
  const entries = Object.entries(recordOf(dump.PeerConnections, 'PeerConnections')).slice(0, connectionsMax);
  const events: DiagnosticEvent[] = [];
  const connections = entries.map(([name, value], index) => {
    const record = recordOf(value, name);
    const number = index + 1;
    const own = listOf(record.updateLog ?? [], `${name}.updateLog`, eventsMax).flatMap((update) => eventOf(update, number, name));
    events.push(...own);
    const history = historyOf(Object.entries(isRecord(record.stats) ? record.stats : {}).slice(0, membersMax).flatMap(([key, stat]) => valuesOf(key, stat, name)));
    const closed = own.find(({ type }) => type === 'close');
    return {
      number, peer: name, beganAtMs: own[0]?.atMs ?? history.timesMs[0] ?? 0, endedAtMs: closed?.atMs ?? null,
      configuration: configurationOf(record.rtcConfiguration), ...history,
    };
  });
  events.sort((a, b) => a.atMs - b.atMs);
  const times = [...events.map(({ atMs }) => atMs), ...connections.flatMap(({ timesMs }) => timesMs)];
  const span = times.reduce(({ first, last }, time) => ({ first: Math.min(first, time), last: Math.max(last, time) }), { first: Infinity, last: 0 });
  return {
    format: 'parley-internals/1', createdAt: new Date(span.last).toISOString(), userAgent: String(dump.UserAgent ?? ''), redacted: false,
    beganAtMs: Number.isFinite(span.first) ? span.first : 0, self: '', people: {}, eventsDropped: 0, events, connections,
  };
}

function configurationOf(value: unknown): object {
  return typeof value === 'string' && value !== '' ? { text: value.slice(0, 10_000) } : isRecord(value) ? value : {};
}

function eventOf(update: unknown, connection: number, name: string): DiagnosticEvent[] {
  const { time, timestamp, type, value } = recordOf(update, `${name}.updateLog`);
  const atMs = timeOf(timestamp ?? time);
  if (typeof type !== 'string' || !(Math.abs(atMs) < 8.64e15)) throw new BadDump('damaged', `${name}.updateLog`);
  const data = dataOf(value);
  const described = isRecord(data) && typeof data.sdp === 'string';
  // Without an argument the description is known only once it is set.
  const plain = described && /^set(Local|Remote)DescriptionOnSuccess$/.test(type) ? type.replace('OnSuccess', '') : type.replace(/^on(?=[a-z])/, '');
  return [{ atMs, connection, type: plain, ...(data === '' ? {} : { data }) }];
}

/** Milliseconds; in older versions a text, of a number or for people. */
function timeOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return Number.isFinite(Number(value)) ? Number(value) : Date.parse(String(value));
}

/** JSON; in older versions "type: offer, sdp: ..." and the like. */
function dataOf(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? '';
  const [, type, sdp] = /^type: (\w+), sdp: ([\s\S]*)$/.exec(value) ?? [];
  if (type) return { type, sdp };
  const [, candidate] = /candidate: (candidate:[^,]*)/.exec(value) ?? [];
  if (candidate) return { candidate };
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** The key is an id, a minus and the member's name. What stands in brackets was calculated from others. */
function valuesOf(key: string, stat: unknown, name: string): Values[] {
  const cut = key.lastIndexOf('-');
  if (cut < 1 || key.includes('-[')) return [];
  const { startTime, endTime, statsType, values } = recordOf(stat, `${name}.stats.${key}`);
  let list: unknown;
  try {
    list = typeof values === 'string' ? JSON.parse(values) : values;
  } catch {
    throw new BadDump('damaged', `${name}.stats.${key}`);
  }
  const member = key.slice(cut + 1);
  const read = listOf(list, `${name}.stats.${key}`, valuesMax).map((value): Value => {
    // It is written as a number there.
    if (member === 'mid') return String(value);
    return isValue(value) ? value : JSON.stringify(value) ?? null;
  });
  const startMs = Date.parse(String(startTime));
  const endMs = Date.parse(String(endTime));
  if (Number.isNaN(startMs) || Number.isNaN(endMs)) throw new BadDump('damaged', `${name}.stats.${key}`);
  return member === 'timestamp' || member === 'type' || read.length === 0 ? [] : [{ id: key.slice(0, cut), member, type: String(statsType ?? ''), startMs, endMs, values: read }];
}

/** Each member has times of its own: all are put to the nearest of the longest one's. */
function historyOf(all: readonly Values[]): { timesMs: number[]; stats: Record<string, StatHistory> } {
  const longest = all.reduce<Values | null>((most, each) => (most && most.values.length >= each.values.length ? most : each), null);
  if (!longest) return { timesMs: [], stats: {} };
  const stepMs = Math.max(1, longest.values.length > 1 ? (longest.endMs - longest.startMs) / (longest.values.length - 1) : 1000);
  const startMs = all.reduce((first, each) => Math.min(first, each.startMs), longest.startMs);
  const endMs = all.reduce((last, each) => Math.max(last, each.endMs), longest.endMs);
  const count = Math.min(valuesMax, Math.round((endMs - startMs) / stepMs) + 1);
  const stats: Record<string, StatHistory> = {};
  for (const { id, member, type, startMs: own, values } of all) {
    const first = Math.round((own - startMs) / stepMs);
    const history: Value[] = [];
    values.forEach((value, n) => {
      const index = Math.min(count - 1, first + n);
      if (history.at(-1) !== value || history.length === 0) history.push(index, value);
    });
    const after = first + values.length;
    if (after < count - 1) history.push(after, null);
    (stats[id] ??= { type, members: {} }).members[member] = history;
  }
  return { timesMs: Array.from({ length: count }, (_, n) => startMs + n * stepMs), stats };
}

/** For tools that know Chromium's shape. */
export function toChromium(report: DiagnosticReport): object {
  const connections = report.connections.map(({ number, configuration, timesMs, stats }) => [`${number}-1`, {
    rtcConfiguration: JSON.stringify(configuration), constraints: '', url: '',
    updateLog: report.events.filter((event) => event.connection === number).map(({ atMs, type, data }) => ({ timestamp: atMs, type, value: data === undefined ? '' : JSON.stringify(data) })),
    stats: Object.fromEntries(Object.entries(stats).flatMap(([id, { type, members }]) => Object.entries(members).map(([member, history]) => {
      const values = expand(history, timesMs.length);
      const first = Math.max(0, values.findIndex((value) => value !== null));
      const last = values.findLastIndex((value) => value !== null);
      return [`${id}-${member}`, {
        startTime: isoOf(timesMs[first]), endTime: isoOf(timesMs[last]), statsType: type, values: JSON.stringify(values.slice(first, last + 1)),
      }];
    }))),
  }]);
  return { getUserMedia: [], PeerConnections: Object.fromEntries(connections), UserAgent: report.userAgent };
}

function isoOf(ms = 0): string {
  return new Date(ms).toISOString();
}

/** What it was at each of the samples. */
function expand(history: readonly Value[], length: number): Value[] {
  const values = new Array<Value>(length).fill(null);
  for (let n = 0; n + 1 < history.length; n += 2) values.fill(history[n + 1] ?? null, Number(history[n]), n + 2 < history.length ? Number(history[n + 2]) : length);
  return values;
}
