import type { Bench } from '../kit/bench.js';

export function run(ui: Bench): void {
  ui.button('sdp.make', async () => {
    const pc = new RTCPeerConnection();
    pc.addTransceiver('audio');
    pc.addTransceiver('video', { sendEncodings: [{ rid: 'low', scaleResolutionDownBy: 4 }, { rid: 'high' }] });
    pc.createDataChannel('chat');
    // Making an offer starts nothing; only setLocalDescription() would.
    const offer = await pc.createOffer();
    pc.close();
    text.value = offer.sdp ?? '';
    explain(text.value);
  });
  const text = ui.area('sdp.text');
  text.oninput = () => explain(text.value);
  const explain = ui.sdp('sdp.lines', true);
}
