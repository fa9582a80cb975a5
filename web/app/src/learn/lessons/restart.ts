import type { Bench } from '../kit/bench.js';
import { negotiate, openPair } from '../kit/pair.js';

export function run(ui: Bench): void {
  let a: RTCPeerConnection | undefined;
  let b: RTCPeerConnection | undefined;

  ui.button('restart.connect', async () => {
    a?.close();
    b?.close();
    [a, b] = openPair(ui);
    a.createDataChannel('something');
    a.onsignalingstatechange = a.onicegatheringstatechange = show;
    a.oniceconnectionstatechange = a.onconnectionstatechange = show;
    show();
    await negotiate(a, b);
  });
  ui.button('restart.restart', async () => {
    if (!a || !b) return;
    const before = a.localDescription?.sdp ?? '';
    // The next offer has a new ufrag and password; both sides look for paths anew, media goes on meanwhile.
    a.restartIce();
    await negotiate(a, b);
    compare(before, a.localDescription?.sdp ?? '');
  });
  ui.button('restart.other', () => b?.close());
  ui.button('restart.close', () => {
    a?.close();
    show(); // closing it yourself raises no event
  });
  const signaling = ui.states('signalingState', 'stable', 'have-local-offer', 'have-remote-offer', 'have-local-pranswer', 'have-remote-pranswer', 'closed');
  const gathering = ui.states('iceGatheringState', 'new', 'gathering', 'complete');
  const ice = ui.states('iceConnectionState', 'new', 'checking', 'connected', 'completed', 'disconnected', 'failed', 'closed');
  const connection = ui.states('connectionState', 'new', 'connecting', 'connected', 'disconnected', 'failed', 'closed');
  const log = ui.log('log');
  const removed = ui.sdp('restart.removed', true);
  const added = ui.sdp('restart.added', true);

  let last = '';
  function show(): void {
    if (!a) return;
    signaling(a.signalingState);
    gathering(a.iceGatheringState);
    ice(a.iceConnectionState);
    connection(a.connectionState);
    const line = `${a.signalingState} · ${a.iceGatheringState} · ${a.iceConnectionState} · ${a.connectionState}`;
    if (line !== last) log(line);
    last = line;
  }

  function compare(before: string, after: string): void {
    const old = before.split('\r\n');
    const now = after.split('\r\n');
    removed(old.filter((line) => !now.includes(line)).join('\r\n'));
    added(now.filter((line) => !old.includes(line)).join('\r\n'));
  }
}
