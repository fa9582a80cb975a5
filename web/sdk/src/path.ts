/** Which way media takes, read from statistics. */

import { number, text, type Stat } from './stat.js';
import type { CandidateInfo, PathInfo } from './types.js';

export const NO_PATH: PathInfo = { kind: 'none', protocol: 'udp' };

/** The candidate pair in use. Chromium names it in the transport, older Firefox marks the pair. */
export function selectedPair(stats: ReadonlyMap<string, Stat>): Stat | undefined {
  for (const stat of stats.values()) {
    if (stat.type === 'transport') {
      const pair = stats.get(text(stat, 'selectedCandidatePairId'));
      if (pair) return pair;
    }
  }
  const pairs = [...stats.values()].filter((stat) => stat.type === 'candidate-pair');
  return pairs.find((p) => p['selected'] === true) ?? pairs.find((p) => p['nominated'] === true && p['state'] === 'succeeded');
}

/**
 * `relays` are the peer's relay candidates, "address:port": one that was heard of by a check before it
 * was signaled stays peer-reflexive in Firefox's statistics.
 */
export function pathOf(stats: ReadonlyMap<string, Stat>, relays: ReadonlySet<string> = new Set()): PathInfo {
  const pair = selectedPair(stats);
  const local = pair && stats.get(text(pair, 'localCandidateId'));
  const remote = pair && stats.get(text(pair, 'remoteCandidateId'));
  if (!local || !remote) return NO_PATH;
  const near = candidateInfo(local);
  const seen = candidateInfo(remote);
  const far: CandidateInfo = relays.has(`${seen.address}:${seen.port}`) ? { ...seen, type: 'relay' } : seen;
  const relayed = near.type === 'relay' || far.type === 'relay';
  return {
    kind: relayed ? 'relay' : 'direct',
    protocol: near.relayProtocol ?? near.protocol,
    local: near,
    remote: far,
  };
}

function candidateInfo(stat: Stat): CandidateInfo {
  const type = text(stat, 'candidateType');
  const relay = text(stat, 'relayProtocol');
  const url = text(stat, 'url');
  return {
    type: type === 'relay' || type === 'srflx' || type === 'prflx' ? type : 'host',
    protocol: text(stat, 'protocol') === 'tcp' ? 'tcp' : 'udp',
    ...(type === 'relay' && (relay === 'udp' || relay === 'tcp' || relay === 'tls') ? { relayProtocol: relay } : {}),
    address: text(stat, 'address'),
    port: number(stat, 'port') ?? 0,
    ...(url ? { url } : {}),
  };
}

const COST = { none: -1, direct: 0, relay: 1 };
const PROTOCOL_COST = { udp: 0, tcp: 0.3, tls: 0.6 };

/** The worst way of all; peers without one yet do not count. */
export function worstPath(paths: Iterable<PathInfo>): PathInfo {
  const cost = (path: PathInfo): number => COST[path.kind] + PROTOCOL_COST[path.protocol];
  let worst = NO_PATH;
  for (const path of paths) if (path.kind !== 'none' && (worst.kind === 'none' || cost(path) > cost(worst))) worst = path;
  return worst;
}

export function samePath(a: PathInfo, b: PathInfo): boolean {
  const key = (p: PathInfo): string => JSON.stringify([p.kind, p.protocol, p.local, p.remote]);
  return key(a) === key(b);
}
