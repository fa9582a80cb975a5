import type { Bench } from '../kit/bench.js';
import { openMedia } from '../kit/media.js';

export function run(ui: Bench): void {
  let a: RTCPeerConnection;
  let b: RTCPeerConnection;
  let next = 0;

  // What a server would carry from one to the other is a plain assignment here.
  const steps: [code: string, action: () => unknown][] = [
    ['a = new RTCPeerConnection()', () => { a = new RTCPeerConnection(); ui.onClose(() => a.close()); }],
    ['b = new RTCPeerConnection()', () => { b = new RTCPeerConnection(); ui.onClose(() => b.close()); }],
    ['b.ontrack = …', () => { b.ontrack = ({ streams: [stream] }) => { remote.srcObject = stream ?? null; }; }],
    ['a.onicecandidate → b.addIceCandidate()', () => exchange(a, b)],
    ['b.onicecandidate → a.addIceCandidate()', () => exchange(b, a)],
    ['a.addTrack(…)', addTracks],
    ['a.setLocalDescription()', () => a.setLocalDescription()],
    ['b.setRemoteDescription(offer)', () => a.localDescription && b.setRemoteDescription(a.localDescription)],
    ['b.setLocalDescription()', () => b.setLocalDescription()],
    ['a.setRemoteDescription(answer)', () => b.localDescription && a.setRemoteDescription(b.localDescription)],
  ];

  ui.button('connection.step', step);
  ui.button('connection.all', async () => {
    while (next < steps.length) await step();
  });
  const local = ui.video('local');
  const remote = ui.video('remote');
  const signaling = ui.readout('a.signalingState');
  const ice = ui.readout('a.iceConnectionState');
  const connection = ui.readout('a.connectionState');
  const log = ui.log('log');
  const offer = ui.sdp('sdp.offer');
  const answer = ui.sdp('sdp.answer');

  async function step(): Promise<void> {
    const [code, action] = steps[next] ?? [];
    if (!code || !action) return;
    await action();
    next++;
    log(`${next}. ${code}`);
    show();
  }

  async function addTracks(): Promise<void> {
    const stream = await openMedia(ui, { video: true, audio: true });
    local.srcObject = stream;
    for (const track of stream.getTracks()) a.addTrack(track, stream);
    a.onconnectionstatechange = a.oniceconnectionstatechange = a.onsignalingstatechange = show;
  }

  function exchange(from: RTCPeerConnection, to: RTCPeerConnection): void {
    from.onicecandidate = ({ candidate }) => {
      if (candidate) log(`${from === a ? 'a → b' : 'b → a'} ${candidate.candidate}`);
      void ui.attempt(() => to.addIceCandidate(candidate ?? undefined));
    };
  }

  function show(): void {
    signaling(a.signalingState);
    ice(a.iceConnectionState);
    connection(a.connectionState);
    offer(a.localDescription?.sdp ?? '');
    answer(a.remoteDescription?.sdp ?? '');
  }
}
