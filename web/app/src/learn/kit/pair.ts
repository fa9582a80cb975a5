/** Two connections of one page, each side's signaling handed straight to the other: see the lesson "connection". */
import type { Bench } from './bench.js';

export function openPair(ui: Bench): [RTCPeerConnection, RTCPeerConnection] {
  const a = new RTCPeerConnection();
  const b = new RTCPeerConnection();
  a.onicecandidate = ({ candidate }) => pass(b, candidate);
  b.onicecandidate = ({ candidate }) => pass(a, candidate);
  ui.onClose(() => {
    a.close();
    b.close();
  });
  return [a, b];
}

function pass(to: RTCPeerConnection, candidate: RTCIceCandidate | null): void {
  // One that was closed in the meantime needs no candidates any more.
  to.addIceCandidate(candidate ?? undefined).catch(() => undefined);
}

export async function negotiate(a: RTCPeerConnection, b: RTCPeerConnection): Promise<void> {
  await a.setLocalDescription();
  if (a.localDescription) await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  if (b.localDescription) await a.setRemoteDescription(b.localDescription);
}
