import type { Bench } from '../kit/bench.js';
import { openMedia } from '../kit/media.js';
import { negotiate, openPair } from '../kit/pair.js';

/** Those that repair others are no codecs to choose. */
const helpers = /\/(rtx|red|ulpfec|flexfec.*)$/i;

export function run(ui: Bench): void {
  const codecs = RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? [];
  const names = [...new Set(codecs.map(({ mimeType }) => mimeType))].filter((name) => !helpers.test(name));
  let a: RTCPeerConnection | undefined;
  let b: RTCPeerConnection | undefined;

  ui.button('codecs.start', async () => {
    if (a) return;
    const stream = await openMedia(ui, { video: { width: { ideal: 1280 } } });
    [a, b] = openPair(ui);
    b.ontrack = ({ streams: [remote] }) => { video.srcObject = remote ?? null; };
    for (const track of stream.getTracks()) a.addTrack(track, stream);
    await negotiate(a, b);
    ui.every(1000, measure);
  });
  ui.select('codecs.codec', names, async (name) => {
    const [transceiver] = a?.getTransceivers() ?? [];
    if (!a || !b || !transceiver) return;
    // The first in the list is used; a new offer and answer make it so.
    transceiver.setCodecPreferences([...codecs].sort((one, other) => Number(other.mimeType === name) - Number(one.mimeType === name)));
    await negotiate(a, b);
    offer(a.localDescription?.sdp ?? '');
  });
  ui.slider('maxBitrate (kbit/s)', { min: 50, max: 3000, step: 50, value: 3000 }, (value) => encode({ maxBitrate: value * 1000 }));
  ui.slider('scaleResolutionDownBy', { min: 1, max: 8, step: 0.5, value: 1 }, (value) => encode({ scaleResolutionDownBy: value }));
  const video = ui.video('remote');
  const codec = ui.readout('mimeType');
  const size = ui.readout('frameWidth × frameHeight');
  const limit = ui.readout('qualityLimitationReason');
  const encoder = ui.readout('encoderImplementation');
  const rate = ui.plot('outbound-rtp', 'kbit/s');
  const fps = ui.plot('framesPerSecond', 'fps');
  const offer = ui.sdp('sdp.offer');
  ui.has('setCodecPreferences' in RTCRtpTransceiver.prototype, 'setCodecPreferences()');

  /** Changes what is sent at once, without a new offer. */
  async function encode(change: RTCRtpEncodingParameters): Promise<void> {
    const [sender] = a?.getSenders() ?? [];
    if (!sender) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) Object.assign(encoding, change);
    await sender.setParameters(parameters);
  }

  let before = { bytesSent: 0, timestamp: 0 };
  async function measure(): Promise<void> {
    const report = await a?.getSenders()[0]?.getStats();
    report?.forEach((stats: RTCOutboundRtpStreamStats & { encoderImplementation?: string }) => {
      if (stats.type !== 'outbound-rtp') return;
      const { bytesSent = 0, timestamp, codecId = '' } = stats;
      if (before.timestamp > 0) rate((bytesSent - before.bytesSent) * 8 / (timestamp - before.timestamp));
      before = { bytesSent, timestamp };
      fps(stats.framesPerSecond ?? 0);
      size(`${stats.frameWidth ?? '–'} × ${stats.frameHeight ?? '–'}`);
      limit(stats.qualityLimitationReason ?? '–');
      encoder(stats.encoderImplementation ?? '–');
      codec((report.get(codecId) as { mimeType?: string } | undefined)?.mimeType ?? '–');
    });
  }
}
