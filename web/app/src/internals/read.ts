/** Reads a report from a file that anybody may have written: all of it is looked at before it is shown. */
import type { DiagnosticEvent, DiagnosticReport, StatHistory, Value } from '@parley/client/diagnostics';
import { fromChromium } from './chromium.js';
import { BadDump, dateOf, isRecord, isValue, listOf, numberOf, recordOf, textOf, timeOf } from './shape.js';

export const bytesMax = 64 << 20;
const eventsMax = 50_000;
const connectionsMax = 200;
const samplesMax = 20_000;
const statsMax = 5_000;
const format = 'parley-internals/1';

/** Chromium packs its dumps by gzip, as others may. */
export async function readFile(file: Blob): Promise<DiagnosticReport> {
  if (file.size > bytesMax) throw new BadDump('large');
  const text = await (isGzip(await head(file)) ? unpack(file) : file.text()).catch((error: unknown) => {
    throw error instanceof BadDump ? error : new BadDump('unread');
  });
  return readDump(text);
}

async function head(file: Blob): Promise<Uint8Array> {
  const bytes = await file.slice(0, 2).arrayBuffer().catch(() => { throw new BadDump('unread'); });
  return new Uint8Array(bytes);
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpack(file: Blob): Promise<string> {
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.byteLength;
    if (bytes > bytesMax) {
      await reader.cancel();
      throw new BadDump('large');
    }
    parts.push(next.value);
  }
  return new Blob(parts).text();
}

export function readDump(text: string): DiagnosticReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadDump('json');
  }
  if (!isRecord(value)) throw new BadDump('unknown');
  if (isRecord(value.PeerConnections)) return fromChromium(value);
  if (typeof value.format !== 'string' || !value.format.startsWith('parley-internals/')) throw new BadDump('unknown');
  if (value.format !== format) throw new BadDump('newer', value.format.slice(0, 40));
  return readReport(value);
}

function readReport(value: Record<string, unknown>): DiagnosticReport {
  return {
    format,
    createdAt: new Date(dateOf(value.createdAt, 'createdAt')).toISOString(),
    userAgent: textOf(value.userAgent, 'userAgent'),
    redacted: value.redacted === true,
    beganAtMs: timeOf(value.beganAtMs, 'beganAtMs'),
    self: textOf(value.self, 'self'),
    people: Object.fromEntries(Object.entries(recordOf(value.people, 'people')).map(([id, person]) => [id, { name: textOf(recordOf(person, `people.${id}`).name, `people.${id}.name`) }])),
    eventsDropped: numberOf(value.eventsDropped ?? 0, 'eventsDropped'),
    events: listOf(value.events, 'events', eventsMax).map((event, n) => readEvent(event, `events[${n}]`)),
    connections: listOf(value.connections, 'connections', connectionsMax).map((each, n) => readConnection(each, `connections[${n}]`)),
  };
}

function readEvent(value: unknown, place: string): DiagnosticEvent {
  const { atMs, type, connection, peer, data } = recordOf(value, place);
  return {
    atMs: timeOf(atMs, `${place}.atMs`),
    type: textOf(type, `${place}.type`),
    ...(connection === undefined ? {} : { connection: numberOf(connection, `${place}.connection`) }),
    ...(peer === undefined ? {} : { peer: textOf(peer, `${place}.peer`) }),
    ...(data === undefined ? {} : { data }),
  };
}

function readConnection(value: unknown, place: string): DiagnosticReport['connections'][number] {
  const record = recordOf(value, place);
  const timesMs = listOf(record.timesMs, `${place}.timesMs`, samplesMax).map((time, n) => timeOf(time, `${place}.timesMs[${n}]`));
  const stats = Object.entries(recordOf(record.stats, `${place}.stats`));
  if (stats.length > statsMax) throw new BadDump('damaged', `${place}.stats`);
  return {
    number: numberOf(record.number, `${place}.number`),
    peer: textOf(record.peer, `${place}.peer`),
    beganAtMs: timeOf(record.beganAtMs, `${place}.beganAtMs`),
    endedAtMs: record.endedAtMs === null ? null : timeOf(record.endedAtMs, `${place}.endedAtMs`),
    configuration: recordOf(record.configuration, `${place}.configuration`),
    timesMs,
    stats: Object.fromEntries(stats.map(([id, stat]) => [id, readStat(stat, timesMs.length, `${place}.stats.${id}`)])),
  };
}

function readStat(value: unknown, samples: number, place: string): StatHistory {
  const { type, members } = recordOf(value, place);
  const read = Object.entries(recordOf(members, `${place}.members`)).map(([name, history]): [string, Value[]] => {
    const list = listOf(history, `${place}.${name}`, samplesMax * 2);
    let before = -1;
    list.forEach((entry, n) => {
      if (n % 2 === 1 ? !isValue(entry) : typeof entry !== 'number' || !Number.isInteger(entry) || entry < Math.max(0, before) || entry >= samples) {
        throw new BadDump('damaged', `${place}.${name}[${n}]`);
      }
      if (n % 2 === 0) before = Number(entry);
    });
    if (list.length % 2 === 1) throw new BadDump('damaged', `${place}.${name}`);
    return [name, list as Value[]];
  });
  return { type: textOf(type, `${place}.type`), members: Object.fromEntries(read) };
}
