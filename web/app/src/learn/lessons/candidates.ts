import { join, newRoomName } from '@parley/client';
import type { Bench } from '../kit/bench.js';

export function run(ui: Bench): void {
  const urls = ui.field('candidates.urls', 'stun:stun.example.org:3478');
  const username = ui.field('candidates.user');
  const credential = ui.field('candidates.password');
  const policy = ui.select('candidates.policy', ['all', 'relay']);
  ui.button('candidates.gather', gather);
  const state = ui.readout('iceGatheringState');
  const table = ui.table('candidates.table', 'ms', 'type', 'protocol', 'address', 'port', 'foundation', 'priority', 'relatedAddress', 'url');
  const log = ui.log('candidates.errors');

  let pc: RTCPeerConnection | undefined;
  ui.onClose(() => pc?.close());
  ui.has('onicecandidateerror' in RTCPeerConnection.prototype, 'icecandidateerror');

  async function gather(): Promise<void> {
    const servers = urls.value.trim() ? typedIn() : await fromThisServer();
    for (const server of servers) log(`${[server.urls].flat().join(' ')}  ${server.username ?? ''}`);
    pc?.close();
    table.clear();
    pc = new RTCPeerConnection({
      iceServers: [...servers],
      iceTransportPolicy: policy.value as RTCIceTransportPolicy,
    });
    const began = performance.now();
    const ms = (): number => Math.round(performance.now() - began);
    pc.onicegatheringstatechange = () => {
      state(pc?.iceGatheringState ?? '');
      log(`${ms()} ms: ${pc?.iceGatheringState}`);
    };
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return;
      const { type, protocol, address, port, foundation, priority, relatedAddress, relatedPort } = candidate;
      const { url, relayProtocol } = candidate as { url?: string; relayProtocol?: string };
      table.add(ms(), type ?? '', [protocol, relayProtocol].filter(Boolean).join(' ← '), address ?? '', port ?? '', foundation ?? '',
        decode(priority ?? 0), relatedAddress ? `${relatedAddress}:${relatedPort ?? ''}` : '', url ?? '');
    };
    pc.onicecandidateerror = ({ errorCode, errorText, url }) => log(`${ms()} ms: ${errorCode} ${errorText} ${url}`);
    // There must be something to connect, or nothing is gathered.
    pc.createDataChannel('');
    await pc.setLocalDescription();
  }

  function typedIn(): RTCIceServer[] {
    return [{ urls: urls.value.trim().split(/[\s,]+/), username: username.value, credential: credential.value }];
  }

  /** Whoever enters a room is given servers and credentials that hold for an hour. */
  async function fromThisServer(): Promise<readonly RTCIceServer[]> {
    const call = await join(new URL(`/r/${newRoomName()}`, location.href));
    const { iceServers } = call;
    call.leave();
    return iceServers;
  }
}

/** RFC 8445, 5.1.2.1: priority = 2^24 type preference + 2^8 local preference + 256 - component. */
function decode(priority: number): string {
  return `${priority} = ${priority >>> 24} | ${(priority >>> 8) & 0xffff} | ${256 - (priority & 0xff)}`;
}
