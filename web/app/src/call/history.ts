/** The last two minutes of each peer's statistics, for the plots. */
import type { PeerStats } from '@parley/client';

export const samplesMax = 120;

export type Series = {
  timeS: number[];
  sentKbps: number[];
  receivedKbps: number[];
  lossPercent: number[];
  rttMs: (number | null)[];
  jitterMs: number[];
};

export class History {
  readonly #peers = new Map<string, Series>();

  add(stats: PeerStats): void {
    let series = this.#peers.get(stats.peer);
    if (!series) {
      series = { timeS: [], sentKbps: [], receivedKbps: [], lossPercent: [], rttMs: [], jitterMs: [] };
      this.#peers.set(stats.peer, series);
    }
    series.timeS.push(stats.atMs / 1000);
    series.sentKbps.push(stats.sentBps / 1000);
    series.receivedKbps.push(stats.receivedBps / 1000);
    series.lossPercent.push(stats.lossFraction * 100);
    series.rttMs.push(stats.rttMs);
    series.jitterMs.push(stats.jitterMs);
    if (series.timeS.length > samplesMax) for (const list of Object.values(series)) list.shift();
  }

  of(peer: string): Series | null {
    return this.#peers.get(peer) ?? null;
  }

  forget(peer: string): void {
    this.#peers.delete(peer);
  }

  clear(): void {
    this.#peers.clear();
  }
}
