/** What the network lets through, found out by the browser's own ICE. */
import { connect, expiry, type Pair } from './pair.js';
import type { RelayProtocol, RelayResult, Results } from './results.js';

const relayLimitMs = 9_000;
const directLimitMs = 5_000;
const gatherLimitMs = 6_000;

/** A way to the relay that is being tried; it is measured later, when nothing else is. */
export interface RelayAttempt { protocol: RelayProtocol; url: string; done: Promise<{ pair: Pair | null; result: RelayResult }> }

export function urlsOf(servers: readonly RTCIceServer[], scheme: RegExp): string[] {
  return servers.flatMap(({ urls }) => urls).filter((url) => scheme.test(url));
}

const relayURLs: Record<RelayProtocol, RegExp> = { udp: /^turn:(?!.*transport=tcp)/, tcp: /^turn:.*transport=tcp/, tls: /^turns:/ };

/** Connects through the relay by one protocol and nothing else; null if the server offers none. */
export function tryRelay(protocol: RelayProtocol, servers: readonly RTCIceServer[], signal: AbortSignal): RelayAttempt | null {
  const server = servers.find(({ urls }) => [urls].flat().some((url) => relayURLs[protocol].test(url)));
  const url = server && [server.urls].flat().find((candidate) => relayURLs[protocol].test(candidate));
  if (!server || !url) return null;
  const configuration: RTCConfiguration = { iceServers: [{ ...server, urls: [url] }], iceTransportPolicy: 'relay' };
  const done = connect(configuration, relayLimitMs, signal).then(({ pair, error }) => ({
    pair, result: { protocol, url, carried: null, errorCode: error?.code ?? null, errorText: error?.text ?? '' },
  }));
  return { protocol, url, done };
}

/** From this browser to itself without any server: whether it may open UDP ports at all. */
export async function tryDirect(signal: AbortSignal): Promise<NonNullable<Results['direct']>> {
  const { pair } = await connect({}, directLimitMs, signal);
  pair?.close();
  return { ok: pair !== null, connectMs: pair?.connectMs ?? null };
}

/** Asks the server by STUN how it sees this machine. */
export async function askStun(
  servers: readonly RTCIceServer[], signal: AbortSignal,
): Promise<{ stun: NonNullable<Results['stun']>; families: NonNullable<Results['families']> }> {
  const urls = urlsOf(servers, /^stun:/);
  const pc = new RTCPeerConnection(urls.length > 0 ? { iceServers: [{ urls }] } : {});
  const candidates: RTCIceCandidate[] = [];
  let failed = false;
  pc.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.candidate) candidates.push(candidate);
  });
  pc.addEventListener('icecandidateerror', () => { failed = true; });
  const complete = new Promise<true>((resolve) => {
    pc.addEventListener('icegatheringstatechange', () => {
      if (pc.iceGatheringState === 'complete') resolve(true);
    });
  });
  pc.createDataChannel('gather');
  await pc.setLocalDescription();
  const inTime = await Promise.race([complete, expiry(gatherLimitMs, signal)]);
  pc.close();
  return { stun: stunResult(urls, candidates, inTime === true && !failed), families: familiesOf(candidates) };
}

/** No address of its own kind from the server, and no error either, is an address that is seen as it is. */
function stunResult(urls: string[], candidates: readonly RTCIceCandidate[], quiet: boolean): NonNullable<Results['stun']> {
  const mapped = candidates.some(({ type }) => type === 'srflx');
  const open = candidates.some(({ type, protocol }) => type === 'host' && protocol === 'udp');
  const ok = urls.length > 0 && (mapped || (open && quiet));
  return { ok, behindNat: mapped ? true : ok ? false : null, urls };
}

export function familiesOf(candidates: readonly Pick<RTCIceCandidate, 'address' | 'candidate'>[]): NonNullable<Results['families']> {
  // Firefox leaves `address` out of what it gathers at times; the fifth word of the line is the same.
  const addresses = [...new Set(candidates.map(({ address, candidate }) => address ?? candidate.split(' ')[4] ?? ''))].filter((a) => a !== '');
  const numeric = addresses.filter((address) => !address.endsWith('.local'));
  return { ipv4: numeric.some((a) => a.includes('.') && !a.includes(':')), ipv6: numeric.some((a) => a.includes(':')), addresses: numeric };
}
