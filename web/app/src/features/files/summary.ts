/** Several transfers as one: what stands on a card. Pure. */
import type { Incoming, IncomingState, Outgoing, Receiver, ReceiverState } from '@parley/client/files';

/** What a group is doing is what its busiest file does. */
const incomingOrder: readonly IncomingState[] = ['receiving', 'verifying', 'waiting', 'paused', 'offered', 'failed', 'done', 'refused'];
const receiverOrder: readonly ReceiverState[] = ['sending', 'checking', 'paused', 'failed', 'away', 'offered', 'cancelled', 'refused', 'done'];

export interface Progress { bytes: number; doneBytes: number; rateBps: number; secondsLeft: number | null }
export interface IncomingSummary extends Progress { state: IncomingState }
export interface ReceiverSummary extends Progress { peer: string; state: ReceiverState; files: number }

type In = Pick<Incoming, 'state' | 'bytes' | 'receivedBytes' | 'rateBps'>;
type Out = Pick<Outgoing, 'bytes'> & { receivers: ReadonlyMap<string, Pick<Receiver, 'peer' | 'state' | 'sentBytes' | 'rateBps'>> };

export function sumIncoming(files: readonly In[]): IncomingSummary {
  const state = incomingOrder.find((wanted) => files.some((file) => file.state === wanted)) ?? 'refused';
  // Those that are not wanted are no part of what is still to come.
  const wanted = state === 'offered' || state === 'refused' ? files : files.filter((file) => file.state !== 'refused' && file.state !== 'offered');
  return { state, ...progress(wanted.map(({ bytes, receivedBytes, rateBps }) => ({ bytes, doneBytes: receivedBytes, rateBps }))) };
}

/** By receiver, in the order in which they first asked. */
export function sumOutgoing(files: readonly Out[]): ReceiverSummary[] {
  const peers = [...new Set(files.flatMap(({ receivers }) => [...receivers.keys()]))];
  return peers.map((peer) => {
    const asked = files.flatMap(({ bytes, receivers }) => {
      const receiver = receivers.get(peer);
      if (!receiver) return [];
      const { state, rateBps, sentBytes } = receiver;
      return [{ state, rateBps, bytes, doneBytes: state === 'done' ? bytes : sentBytes }];
    });
    const state = receiverOrder.find((wanted) => asked.some((receiver) => receiver.state === wanted)) ?? 'offered';
    return { peer, state, files: asked.length, ...progress(asked) };
  });
}

/** Whoever loads the page again comes back as somebody else; who was away then is not shown beside. */
export function withoutReturned<T extends Pick<ReceiverSummary, 'peer' | 'state'>>(receivers: readonly T[], nameOf: (peer: string) => string): T[] {
  return receivers.filter(({ peer, state }, at) => state !== 'away'
    || !receivers.some((other, otherAt) => nameOf(other.peer) === nameOf(peer) && (other.state !== 'away' || otherAt > at)));
}

function progress(parts: readonly { bytes: number; doneBytes: number; rateBps: number }[]): Progress {
  const sum = (of: (part: { bytes: number; doneBytes: number; rateBps: number }) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const bytes = sum((part) => part.bytes);
  const doneBytes = sum((part) => part.doneBytes);
  const rateBps = sum((part) => part.rateBps);
  return { bytes, doneBytes, rateBps, secondsLeft: rateBps > 0 ? (bytes - doneBytes) * 8 / rateBps : null };
}

export function percentOf({ bytes, doneBytes }: Pick<Progress, 'bytes' | 'doneBytes'>): number {
  return bytes === 0 ? 100 : Math.floor(doneBytes / bytes * 100);
}
