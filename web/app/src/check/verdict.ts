/** One plain verdict over all that was found. Pure. */
import { QUALITY_LIMITS, qualityOf } from '@parley/client';
import { relayOf, type Carried, type RelayProtocol, type Results } from './results.js';

/** 'relayed': calls work, through the server. 'limited': they work, but not with everybody or not well. */
export type Level = 'well' | 'relayed' | 'limited' | 'impossible';

export type Reason =
  | 'all-good'
  | 'udp-blocked' | 'udp-not-offered'
  | 'no-relay' | 'loss' | 'delay' | 'jitter' | 'slow'
  | 'insecure' | 'browser' | 'signaling' | 'all-blocked';

/** What the network's administrator should let through. */
export interface Opening { protocol: 'UDP' | 'TCP'; host: string; port: number; tls: boolean }

export interface Verdict { level: Level; reason: Reason; open: Opening[] }

/** A call with picture needs about this much each way. */
export const throughputBpsMin = 600_000;

export function judge(results: Results): Verdict {
  const { browser, secure, signaling, stun } = results;
  const verdict = (level: Level, reason: Reason, open: (Opening | null)[] = []): Verdict =>
    ({ level, reason, open: distinct(open.filter((opening) => opening !== null)) });
  if (secure && !secure.ok) return verdict('impossible', 'insecure');
  if (browser && browser.missing.length > 0) return verdict('impossible', 'browser');
  if (signaling && !signaling.ok) return verdict('impossible', 'signaling', [openingOf(signaling.url)]);
  const [udp, tcp, tls] = (['udp', 'tcp', 'tls'] as const).map((protocol) => relayOf(results, protocol)?.carried ?? null);
  const blocked = (...protocols: RelayProtocol[]): (Opening | null)[] =>
    protocols.map((protocol) => relayOf(results, protocol)).map((relay) => (relay && !relay.carried ? openingOf(relay.url) : null));
  const stunOpening = stun && !stun.ok ? stun.urls.map(openingOf) : [];
  if (!udp && !tcp && !tls) {
    if (!stun?.ok) return verdict('impossible', 'all-blocked', [...stunOpening, ...blocked('udp', 'tcp', 'tls')]);
    return verdict('limited', 'no-relay', blocked('udp', 'tcp', 'tls'));
  }
  const best = udp ?? tls ?? tcp;
  const trouble = best && troubleOf(best);
  if (trouble) return verdict('limited', trouble, udp ? [] : [...stunOpening, ...blocked('udp')]);
  if (udp || stun?.ok) return verdict('well', 'all-good');
  return verdict('relayed', results.relays?.udp === 'not-offered' ? 'udp-not-offered' : 'udp-blocked', [...stunOpening, ...blocked('udp')]);
}

/** By the limits of the badge in a call: what would be poor there. */
function troubleOf(carried: Carried): Reason | null {
  if (qualityOf(carried) === 'poor') {
    if (carried.lossFraction >= QUALITY_LIMITS.fair.lossFraction) return 'loss';
    return carried.rttMs >= QUALITY_LIMITS.fair.rttMs ? 'delay' : 'jitter';
  }
  return carried.throughputBps !== null && carried.throughputBps < throughputBpsMin ? 'slow' : null;
}

/** Where a URL of ICE or of the signaling leads. RFC 7064, RFC 7065. */
export function openingOf(url: string): Opening | null {
  const ice = /^(stuns?|turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/.exec(url);
  if (ice) {
    const [, scheme = '', host = '', port, transport] = ice;
    const tls = scheme.endsWith('s');
    return { protocol: tls || transport === 'tcp' ? 'TCP' : 'UDP', host, port: Number(port ?? (tls ? 5349 : 3478)), tls };
  }
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, port } = new URL(url);
  const tls = protocol === 'wss:' || protocol === 'https:';
  return { protocol: 'TCP', host: hostname, port: Number(port || (tls ? 443 : 80)), tls };
}

function distinct(openings: Opening[]): Opening[] {
  const seen = new Map(openings.map((opening) => [`${opening.protocol} ${opening.host} ${opening.port}`, opening]));
  return [...seen.values()];
}
