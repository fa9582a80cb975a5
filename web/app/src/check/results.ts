/** What the connection test finds out. Plain data: shown, judged and written to the report. */
import type { MediaErrorCode } from '@parley/client';

export type RelayProtocol = 'udp' | 'tcp' | 'tls';

/** How a relay, or any other way, carried numbered messages. */
export interface Carried {
  connectMs: number;
  /** To the server and back: the messages go there from one connection of this page and come back to another. */
  rttMs: number;
  lossFraction: number;
  jitterMs: number;
  /** Null where it could not be measured. */
  throughputBps: number | null;
}

export interface RelayResult {
  protocol: RelayProtocol;
  url: string;
  /** Null: nothing came through. */
  carried: Carried | null;
  /** Of the ICE error, where the browser gave one. */
  errorCode: number | null;
  errorText: string;
}

export interface Results {
  /** What is missing of what calls need, and of what they are nicer with. */
  browser?: { missing: string[]; without: string[] };
  secure?: { ok: boolean };
  signaling?: { ok: boolean; rttMs: number | null; problem: string; url: string };
  /** Of STUN over UDP. `behindNat`: the server sees another address than the machine has; null if unknown. */
  stun?: { ok: boolean; behindNat: boolean | null; urls: string[] };
  direct?: { ok: boolean; connectMs: number | null };
  families?: { ipv4: boolean; ipv6: boolean; addresses: string[] };
  relays?: Partial<Record<RelayProtocol, RelayResult | 'not-offered'>>;
  codecs?: { audio: string[]; video: string[] };
  camera?: { problem: MediaErrorCode | null; sizes: { width: number; height: number; fps: number }[] };
  /** `peakDb` null without a problem: the browser let nobody listen before a click. */
  microphone?: { problem: MediaErrorCode | null; peakDb: number | null; silent: boolean };
  speaker?: { heard: boolean };
}

export type StepName =
  | 'browser' | 'secure' | 'codecs' | 'signaling' | 'stun' | 'direct' | 'families' | 'turn-udp' | 'turn-tcp' | 'turn-tls'
  | 'camera' | 'microphone' | 'speaker';

export const steps: readonly StepName[] = [
  'browser', 'secure', 'codecs', 'signaling', 'stun', 'direct', 'families', 'turn-udp', 'turn-tcp', 'turn-tls', 'camera', 'microphone', 'speaker',
];

export type StepState = 'waiting' | 'running' | 'good' | 'note' | 'bad' | 'skipped';

export function relayOf(results: Results, protocol: RelayProtocol): RelayResult | null {
  const relay = results.relays?.[protocol];
  return relay === undefined || relay === 'not-offered' ? null : relay;
}

/** How a step went, by what it found. */
export function stateOf(step: StepName, results: Results): Exclude<StepState, 'running' | 'waiting'> | null {
  const { browser, secure, signaling, stun, direct, families, camera, microphone, speaker, codecs } = results;
  const graded = (known: object | undefined, good: boolean, otherwise: 'note' | 'bad'): 'good' | 'note' | 'bad' | null =>
    (known ? (good ? 'good' : otherwise) : null);
  switch (step) {
    case 'browser': return graded(browser, browser?.missing.length === 0, 'bad');
    case 'secure': return graded(secure, secure?.ok === true, 'bad');
    case 'codecs': return graded(codecs, (codecs?.video.length ?? 0) > 0, 'bad');
    case 'signaling': return graded(signaling, signaling?.ok === true, 'bad');
    case 'stun': return graded(stun, stun?.ok === true, 'bad');
    case 'direct': return graded(direct, direct?.ok === true, 'note');
    case 'families': return graded(families, families !== undefined && (families.ipv4 || families.ipv6), 'note');
    case 'camera': return graded(camera, camera?.problem === null && camera.sizes.length > 0, 'note');
    case 'microphone': return graded(microphone, microphone?.problem === null && microphone.peakDb !== null && !microphone.silent, 'note');
    case 'speaker': return graded(speaker, speaker?.heard === true, 'note');
    case 'turn-udp': case 'turn-tcp': case 'turn-tls': {
      const relay = results.relays?.[protocolOf(step)];
      if (relay === undefined) return null;
      if (relay === 'not-offered') return 'skipped';
      return relay.carried ? 'good' : 'bad';
    }
  }
}

export function protocolOf(step: 'turn-udp' | 'turn-tcp' | 'turn-tls'): RelayProtocol {
  return step === 'turn-udp' ? 'udp' : step === 'turn-tcp' ? 'tcp' : 'tls';
}
