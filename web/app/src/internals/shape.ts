/** Takes apart what somebody else may have written; throws where it is not what it should be. */
import type { Value } from '@parley/client/diagnostics';

export type BadReason = 'large' | 'json' | 'unknown' | 'newer' | 'damaged' | 'unread';

export class BadDump extends Error {
  readonly reason: BadReason;
  /** Where the damage is, or which format it has. */
  readonly detail: string;

  constructor(reason: BadReason, detail = '') {
    super(`${reason} ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isValue(value: unknown): value is Value {
  return value === null || ['number', 'string', 'boolean'].includes(typeof value);
}

export function recordOf(value: unknown, place: string): Record<string, unknown> {
  if (!isRecord(value)) throw new BadDump('damaged', place);
  return value;
}

export function listOf(value: unknown, place: string, max: number): unknown[] {
  if (!Array.isArray(value) || value.length > max) throw new BadDump('damaged', place);
  return value;
}

export function textOf(value: unknown, place: string): string {
  if (typeof value !== 'string') throw new BadDump('damaged', place);
  return value;
}

export function numberOf(value: unknown, place: string): number {
  if (typeof value !== 'number') throw new BadDump('damaged', place);
  return value;
}

/** What a Date can hold. */
export function timeOf(value: unknown, place: string): number {
  const time = numberOf(value, place);
  if (!(Math.abs(time) < 8.64e15)) throw new BadDump('damaged', place);
  return time;
}

export function dateOf(value: unknown, place: string): number {
  return timeOf(Date.parse(textOf(value, place)), place);
}
