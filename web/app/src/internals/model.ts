/** A report that is open: as it was read from a file, or growing while a call is watched. */
import { samplesOf, type DiagnosticConnection, type DiagnosticEvent, type DiagnosticReport, type SampleHistory } from '@parley/client/diagnostics';
import type { Sampled } from './channel.js';
import { ConnectionCourse } from './course.js';

/** Grown beyond these a live one is asked for anew, which leaves out what the call itself has forgotten. */
const eventsMax = 8_000;
const samplesMax = 1_500;

type Connection = DiagnosticConnection & SampleHistory;

export interface Description { event: DiagnosticEvent; side: 'local' | 'remote'; type: string; sdp: string }

export class OpenReport {
  readonly report: DiagnosticReport;
  /** What it was opened as. */
  readonly name: string;
  live: 'no' | 'live' | 'ended';
  readonly #courses = new Map<number, ConnectionCourse>();

  constructor(report: DiagnosticReport, name: string, live: OpenReport['live'] = 'no') {
    this.report = report;
    this.name = name;
    this.live = live;
  }

  get overgrown(): boolean {
    return this.report.events.length > eventsMax || this.report.connections.some(({ timesMs }) => timesMs.length > samplesMax);
  }

  get endAtMs(): number {
    const { events, connections, beganAtMs } = this.report;
    return Math.max(beganAtMs, events.at(-1)?.atMs ?? 0, ...connections.map(({ timesMs }) => timesMs.at(-1) ?? 0));
  }

  connection(number: number): Connection | undefined {
    return this.report.connections.find((connection) => connection.number === number);
  }

  course(number: number): ConnectionCourse {
    const known = this.#courses.get(number);
    if (known) return known;
    const connection = this.connection(number);
    const course = new ConnectionCourse(connection ? samplesOf(connection) : []);
    this.#courses.set(number, course);
    return course;
  }

  /** Of one connection, or of all of the call. */
  events(connection: number | null): readonly DiagnosticEvent[] {
    return connection === null ? this.report.events : this.report.events.filter((event) => event.connection === connection);
  }

  descriptions(connection: number): Description[] {
    return this.events(connection).flatMap((event): Description[] => {
      const side = event.type === 'setLocalDescription' ? 'local' : event.type === 'setRemoteDescription' ? 'remote' : null;
      const { type, sdp } = (event.data ?? {}) as { type?: unknown; sdp?: unknown };
      return side && typeof type === 'string' && typeof sdp === 'string' ? [{ event, side, type, sdp }] : [];
    });
  }

  addEvent(event: DiagnosticEvent): void {
    this.report.events.push(event);
    const connection = event.type === 'close' && event.connection !== undefined && !isOfChannel(event) ? this.connection(event.connection) : undefined;
    if (connection) connection.endedAtMs = event.atMs;
    if (event.type === 'peer-joined' && event.peer) this.report.people[event.peer] ??= { name: '' };
  }

  addConnection(connection: DiagnosticConnection): void {
    if (!this.connection(connection.number)) this.report.connections.push({ ...connection, timesMs: [], stats: {} });
  }

  addSample({ connection: number, sample }: Sampled): void {
    const connection = this.connection(number);
    if (!connection) return;
    const course = this.course(number);
    const index = connection.timesMs.push(sample.atMs) - 1;
    for (const [id, { type, values }] of Object.entries(sample.stats)) {
      const stat = (connection.stats[id] ??= { type, members: {} });
      for (const [name, value] of Object.entries(values)) (stat.members[name] ??= []).push(index, value);
    }
    course.add(sample);
  }
}

/** Data channels close under the same name; theirs carry which one. */
function isOfChannel({ data }: DiagnosticEvent): boolean {
  return typeof data === 'object' && data !== null && 'channel' in data;
}
