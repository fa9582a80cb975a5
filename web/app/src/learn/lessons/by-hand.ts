import type { Bench } from '../kit/bench.js';

export function run(ui: Bench): void {
  const pc = new RTCPeerConnection();
  // Both sides name the same number, so neither has to announce the channel to the other.
  const channel = pc.createDataChannel('chat', { negotiated: true, id: 0 });
  ui.onClose(() => pc.close());

  ui.button('by-hand.offer', async () => {
    await pc.setLocalDescription();
    await publish();
  });
  ui.button('by-hand.take', async () => {
    const description = parse(theirs.value);
    await pc.setRemoteDescription(description);
    if (description.type !== 'offer') return;
    await pc.setLocalDescription();
    await publish();
  });
  ui.button('copy', async () => {
    mine.select();
    await navigator.clipboard.writeText(mine.value);
  });
  const mine = ui.area('by-hand.mine', true);
  const theirs = ui.area('by-hand.theirs');
  const state = ui.readout('connectionState');
  const open = ui.readout('channel.readyState');
  const text = ui.field('by-hand.text');
  ui.button('send', () => {
    channel.send(text.value);
    log(`→ ${text.value}`);
    text.value = '';
  });
  const log = ui.log('log');

  pc.onconnectionstatechange = () => state(pc.connectionState);
  channel.onopen = channel.onclose = () => open(channel.readyState);
  channel.onmessage = ({ data }) => log(`← ${String(data).slice(0, 1000)}`);

  /** Candidates cannot follow one by one here, so the description waits until all are in it. */
  async function publish(): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => { if (pc.iceGatheringState === 'complete') resolve(); };
      pc.addEventListener('icegatheringstatechange', check);
      check();
    });
    mine.value = JSON.stringify(pc.localDescription);
  }
}

function parse(pasted: string): RTCSessionDescriptionInit {
  const value = JSON.parse(pasted) as Partial<RTCSessionDescriptionInit> | null;
  if ((value?.type !== 'offer' && value?.type !== 'answer') || typeof value.sdp !== 'string') {
    throw new TypeError('want {"type": "offer" | "answer", "sdp": "…"}');
  }
  return { type: value.type, sdp: value.sdp };
}
