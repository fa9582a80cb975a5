import type { Bench } from '../kit/bench.js';
import { negotiate, openPair } from '../kit/pair.js';

const modes: Record<string, RTCDataChannelInit> = {
  reliable: {},
  unordered: { ordered: false },
  lossy: { ordered: false, maxRetransmits: 0 },
};
const seconds = 2;
const bufferMax = 1_000_000;

export function run(ui: Bench): void {
  let bytes = 16_384;
  ui.button('channels.measure', async () => {
    table.clear();
    for (const [name, init] of Object.entries(modes)) await measure(name, init);
  });
  ui.slider('bytes', { min: 64, max: 131_072, step: 64, value: bytes }, (value) => { bytes = value; });
  const table = ui.table('channels.table', 'mode', 'Mbit/s', 'sent', 'received', 'lost', 'lost %', 'out of order');
  const rate = ui.plot('received', 'Mbit/s');

  async function measure(name: string, init: RTCDataChannelInit): Promise<void> {
    const [a, b] = openPair(ui);
    const out = a.createDataChannel(name, { ...init, negotiated: true, id: 0 });
    const into = b.createDataChannel(name, { ...init, negotiated: true, id: 0 });
    const opened = once(out, 'open');
    await negotiate(a, b);
    await opened;

    // Each message begins with its number: a gap is a loss, a step back is disorder.
    let sent = 0;
    let received = 0;
    let newest = -1;
    let disorder = 0;
    let lastAt = performance.now();
    let shown = 0;
    into.binaryType = 'arraybuffer';
    into.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const n = new DataView(data).getUint32(0);
      if (n < newest) disorder++;
      newest = Math.max(newest, n);
      received++;
      lastAt = performance.now();
    };
    const timer = setInterval(() => {
      rate((received - shown) * bytes * 8 / 0.2 / 1e6);
      shown = received;
    }, 200);
    ui.onClose(() => clearInterval(timer));

    const began = performance.now();
    out.bufferedAmountLowThreshold = bufferMax / 2;
    while (performance.now() - began < seconds * 1000 && !ui.closed) {
      const message = new ArrayBuffer(bytes);
      new DataView(message).setUint32(0, sent++);
      out.send(message);
      if (out.bufferedAmount > bufferMax) await once(out, 'bufferedamountlow');
    }
    // What is still on its way comes, or is given up.
    while (!ui.closed && received < sent && (out.bufferedAmount > 0 || performance.now() - lastAt < 500)) {
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    clearInterval(timer);
    const mbps = received * bytes * 8 / (lastAt - began) / 1000;
    const lost = sent - received;
    table.add(name, mbps.toFixed(1), sent, received, lost, (lost / sent * 100).toFixed(2), disorder);
    a.close();
    b.close();
  }
}

function once(target: EventTarget, type: string): Promise<void> {
  return new Promise((resolve) => { target.addEventListener(type, () => resolve(), { once: true }); });
}
