import type { Bench } from '../kit/bench.js';
import { openMedia } from '../kit/media.js';

export function run(ui: Bench): void {
  let nodes: ReturnType<typeof connect> | undefined;

  ui.button('audio.start', async () => {
    if (nodes) return;
    const stream = await openMedia(ui, { audio: { echoCancellation: false } });
    const context = new AudioContext();
    ui.onClose(() => void context.close());
    nodes = connect(context, stream);
    void context.resume(); // some time may have passed since the click
    ui.animate(draw);
  });
  const listen = ui.checkbox('audio.listen', (on) => {
    // With loudspeakers this howls: the microphone hears what it just said.
    if (on) nodes?.delayed.connect(nodes.context.destination);
    else nodes?.delayed.disconnect(nodes.context.destination);
  });
  ui.select('audio.filter', ['allpass', 'lowpass', 'highpass', 'bandpass', 'notch'], (type) => {
    if (nodes) nodes.filter.type = type as BiquadFilterType;
  });
  ui.slider('gain', { min: 0, max: 3, step: 0.1, value: 1 }, (value) => {
    nodes?.gain.gain.setTargetAtTime(value, nodes.context.currentTime, 0.02);
  });
  ui.slider('frequency', { min: 50, max: 8000, step: 50, value: 1000 }, (value) => {
    nodes?.filter.frequency.setTargetAtTime(value, nodes.context.currentTime, 0.02);
  });
  ui.slider('delayTime', { min: 0, max: 1, step: 0.05, value: 0 }, (value) => {
    nodes?.delay.delayTime.setTargetAtTime(value, nodes.context.currentTime, 0.02);
  });
  ui.slider('feedback', { min: 0, max: 0.9, step: 0.05, value: 0 }, (value) => {
    nodes?.feedback.gain.setTargetAtTime(value, nodes.context.currentTime, 0.02);
  });
  const canvas = ui.canvas('audio.spectrum', 640, 200);
  const level = ui.readout('dBFS');
  const peak = ui.readout('Hz');

  // microphone → gain → filter → analyser, and → delay ⟲ feedback → loudspeaker
  function connect(context: AudioContext, stream: MediaStream) {
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    const gain = new GainNode(context);
    const filter = new BiquadFilterNode(context, { type: 'allpass', frequency: 1000 });
    const delay = new DelayNode(context, { maxDelayTime: 1 });
    const feedback = new GainNode(context, { gain: 0 });
    const delayed = new GainNode(context);
    const analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0.7 });
    source.connect(gain).connect(filter).connect(delay).connect(delayed).connect(analyser);
    delay.connect(feedback).connect(delay);
    if (listen.checked) delayed.connect(context.destination);
    return { context, gain, filter, delay, feedback, delayed, analyser };
  }

  const wave = new Float32Array(2048);
  const bins = new Uint8Array(1024);
  function draw(): void {
    const pen = canvas.getContext('2d');
    if (!nodes || !pen) return;
    nodes.analyser.getFloatTimeDomainData(wave);
    nodes.analyser.getByteFrequencyData(bins);
    const power = wave.reduce((sum, sample) => sum + sample * sample, 0) / wave.length;
    level(power > 0 ? (10 * Math.log10(power)).toFixed(1) : '−∞');
    peak(Math.round(bins.indexOf(Math.max(...bins)) * nodes.context.sampleRate / 2048));
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = getComputedStyle(canvas).getPropertyValue('--accent');
    const bars = 160; // the lower 8 kHz or so, where voices are
    for (let n = 0; n < bars; n++) {
      const height = (bins[n * 2] ?? 0) / 255 * canvas.height;
      pen.fillRect(n * canvas.width / bins.length * 6.4, canvas.height - height, 3, height);
    }
  }
}
