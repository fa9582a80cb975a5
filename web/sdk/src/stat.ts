/** One entry of an RTCStatsReport. The DOM types leave its fields open. */

export interface Stat {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly [name: string]: unknown;
}

export function number(stat: Stat | undefined, name: string): number | null {
  const value = stat?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function text(stat: Stat | undefined, name: string): string {
  const value = stat?.[name];
  return typeof value === 'string' ? value : '';
}

export function statMap(report: RTCStatsReport): Map<string, Stat> {
  const stats = new Map<string, Stat>();
  report.forEach((stat: Stat, id: string) => stats.set(id, stat));
  return stats;
}
