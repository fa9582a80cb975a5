/** Camera and microphone, or where there are none a drawn picture and a tone, so that every lesson can be tried. */
import type { Bench } from './bench.js';

export async function openMedia(ui: Bench, constraints: MediaStreamConstraints): Promise<MediaStream> {
  const stream = await askOrDraw(ui, constraints);
  ui.onClose(() => stream.getTracks().forEach((track) => track.stop()));
  return stream;
}

async function askOrDraw(ui: Bench, constraints: MediaStreamConstraints): Promise<MediaStream> {
  try {
    // Not there at all in a page that is no secure context.
    if (navigator.mediaDevices) return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    ui.fail(error);
  }
  ui.note('no-device');
  return drawnMedia(ui, constraints);
}

export function drawnMedia(ui: Bench, { video, audio }: MediaStreamConstraints): MediaStream {
  const stream = new MediaStream();
  if (video) stream.addTrack(drawnTrack(ui));
  if (audio) stream.addTrack(toneTrack(ui));
  return stream;
}

function drawnTrack(ui: Bench): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 360;
  const context = canvas.getContext('2d');
  const draw = (): void => { if (context) drawPerson(context, performance.now() / 1000); };
  draw();
  // Not by animation frames: those rest in a window that is not seen, and the other side would see nothing new.
  const timer = setInterval(draw, 1000 / 30);
  ui.onClose(() => clearInterval(timer));
  const [track] = canvas.captureStream(30).getVideoTracks();
  if (!track) throw new Error('the canvas gave no track');
  return track;
}

function drawPerson(context: CanvasRenderingContext2D, seconds: number): void {
  const { width, height } = context.canvas;
  const x = width * (0.5 + 0.28 * Math.sin(seconds * 0.9));
  context.fillStyle = `hsl(${(seconds * 12) % 360} 30% 86%)`;
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#0b6b60';
  context.beginPath();
  context.ellipse(x, height + 20, 130, 150, 0, 0, 7);
  context.fill();
  context.fillStyle = '#ef9a63';
  context.beginPath();
  context.arc(x, 150, 70, 0, 7);
  context.fill();
  context.fillStyle = '#191d1b';
  context.font = '20px sans-serif';
  context.fillText(seconds.toFixed(1), 16, 32);
}

function toneTrack(ui: Bench): MediaStreamTrack {
  const context = new AudioContext();
  ui.onClose(() => void context.close());
  const tone = new OscillatorNode(context, { frequency: 440 });
  const loudness = new GainNode(context, { gain: 0.2 });
  const out = new MediaStreamAudioDestinationNode(context);
  tone.connect(loudness).connect(out);
  tone.start();
  const [track] = out.stream.getAudioTracks();
  if (!track) throw new Error('the audio context gave no track');
  return track;
}
