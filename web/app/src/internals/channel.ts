/**
 * How a call in one tab is watched in another one. A BroadcastChannel reaches pages of the same origin in
 * the same browser and nobody else; what goes over it is what a diagnostic report holds, which has no secrets.
 */
import type { DiagnosticConnection, DiagnosticEvent, DiagnosticReport, DiagnosticsEvents } from '@parley/client/diagnostics';

export type Sampled = DiagnosticsEvents['sample'];

/** A call that can be watched. `call` is the peer id of the tab, which is new for each call. */
export interface Offer { call: string; beganAtMs: number; people: string[] }

export type Letter =
  /** Who is in a call? */
  | { type: 'who' }
  | ({ type: 'here' } & Offer)
  | { type: 'gone'; call: string }
  /** Asks for the report and all that comes after it. Said again from time to time for as long as somebody looks. */
  | { type: 'watch'; call: string; fresh: boolean }
  | { type: 'report'; call: string; report: DiagnosticReport }
  | { type: 'event'; call: string; event: DiagnosticEvent }
  | { type: 'connection'; call: string; connection: DiagnosticConnection }
  | { type: 'sample'; call: string; sample: Sampled };

/** A page in the background may get to run only once a minute. */
export const watchedForMs = 150_000;

/** Null where the browser has none: then nothing can be watched. */
export function openChannel(): BroadcastChannel | null {
  return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('parley-internals');
}
