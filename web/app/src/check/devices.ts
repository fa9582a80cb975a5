/** Camera, microphone and speaker, tried for real. */
import { LocalMedia, mediaError } from '@parley/client';
import { expiry } from './pair.js';
import type { Results } from './results.js';

const sizes = [[320, 240], [640, 360], [640, 480], [1280, 720], [1920, 1080], [2560, 1440], [3840, 2160]] as const;
const watchMs = 800;
const listenMs = 3_000;
const lookEveryMs = 40;
const clickLimitMs = 8_000;
/** Clicked already, only a machine without sound keeps it from starting. */
const startLimitMs = 1_500;
const soundLimitMs = 1_500;
/** A quiet room gives more than this; a microphone that is switched off gives nothing. */
export const silenceDb = -60;

/** Opens the camera in each size that it has itself, not scaled by the browser, and counts frames. */
export async function tryCamera(signal: AbortSignal, found: (camera: NonNullable<Results['camera']>) => void): Promise<NonNullable<Results['camera']>> {
  const media = new LocalMedia();
  let result: NonNullable<Results['camera']> = { problem: null, sizes: [] };
  try {
    await media.start('camera');
    const own = media.track('camera')?.getSettings() ?? {};
    // Let go of before it is asked for in another size: many cameras give one at a time.
    media.stop('camera');
    const wanted = [...sizes, ...(own.width && own.height ? [[own.width, own.height] as const] : [])];
    for (const [width, height] of distinct(wanted)) {
      if (signal.aborted) break;
      const fps = await framesPerSecond(width, height, own.deviceId, signal);
      if (fps === null) continue;
      result = { problem: null, sizes: [...result.sizes, { width, height, fps }] };
      found(result);
    }
    if (result.sizes.length === 0) result = { ...result, problem: 'failed' };
  } catch (error) {
    result = { problem: mediaError(error, 'camera').code, sizes: [] };
  } finally {
    media.close();
  }
  return result;
}

function distinct(wanted: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const byArea = [...wanted].sort((a, b) => a[0] * a[1] - b[0] * b[1]);
  return byArea.filter((size, index) => index === 0 || size[0] !== byArea[index - 1]?.[0] || size[1] !== byArea[index - 1]?.[1]);
}

/** Null if the camera does not have this size. */
async function framesPerSecond(width: number, height: number, deviceId: string | undefined, signal: AbortSignal): Promise<number | null> {
  const exact = { width: { exact: width }, height: { exact: height }, frameRate: { ideal: 30 }, ...(deviceId ? { deviceId: { ideal: deviceId } } : {}) };
  // Without it the browser cuts and scales a larger picture.
  const native = 'resizeMode' in navigator.mediaDevices.getSupportedConstraints() ? { resizeMode: { exact: 'none' } } : {};
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { ...exact, ...native } });
  } catch {
    return null;
  }
  const video = document.createElement('video');
  try {
    video.muted = true;
    video.srcObject = stream;
    await Promise.race([video.play(), expiry(watchMs * 3, signal)]);
    if (video.videoWidth !== width || video.videoHeight !== height) return null;
    return await countFrames(video, signal);
  } catch {
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

async function countFrames(video: HTMLVideoElement, signal: AbortSignal): Promise<number> {
  let frames = 0;
  const count = (): void => {
    frames++;
    video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback?.(count);
  const beganAtMs = performance.now();
  await expiry(watchMs, signal);
  const counted = Math.round((frames * 1000) / (performance.now() - beganAtMs));
  const [track] = (video.srcObject as MediaStream).getVideoTracks();
  // A page in the background counts none.
  return counted || Math.round(track?.getSettings().frameRate ?? 0);
}

/** Listens for a few seconds; `heard` gets the level as it goes, 0..1 on a scale of decibels. */
export async function tryMicrophone(signal: AbortSignal, heard: (level: number) => void): Promise<NonNullable<Results['microphone']>> {
  let stream: MediaStream;
  try {
    // As it is: what removes noise would remove a steady sound too.
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    stream = await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    return { problem: mediaError(error, 'microphone').code, peakDb: null, silent: false };
  }
  const context = new AudioContext();
  try {
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
    if (!await running(context, signal)) return { problem: null, peakDb: null, silent: false };
    const peakDb = Math.round(decibels(await loudest(analyser, signal, heard)));
    return { problem: null, peakDb, silent: peakDb <= silenceDb };
  } finally {
    heard(0);
    for (const track of stream.getTracks()) track.stop();
    await context.close();
  }
}

/** A page that nobody has clicked may have to wait for a click before it may listen. */
async function running(context: AudioContext, signal: AbortSignal): Promise<boolean> {
  const resume = (): void => void context.resume().catch(() => undefined);
  resume();
  addEventListener('pointerdown', resume);
  addEventListener('keydown', resume);
  const started = new Promise<void>((resolve) => {
    context.addEventListener('statechange', () => {
      if (context.state === 'running') resolve();
    });
  });
  const limitMs = navigator.userActivation?.hasBeenActive ? startLimitMs : clickLimitMs;
  if (context.state !== 'running') await Promise.race([started, expiry(limitMs, signal)]);
  removeEventListener('pointerdown', resume);
  removeEventListener('keydown', resume);
  return context.state === 'running';
}

async function loudest(analyser: AnalyserNode, signal: AbortSignal, heard: (level: number) => void): Promise<number> {
  const samples = new Float32Array(analyser.fftSize);
  const endAtMs = performance.now() + listenMs;
  let peak = 0;
  while (performance.now() < endAtMs && !signal.aborted) {
    analyser.getFloatTimeDomainData(samples);
    const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    peak = Math.max(peak, level);
    heard(Math.max(0, Math.min(1, (decibels(level) + 60) / 50)));
    await expiry(lookEveryMs, signal);
  }
  return peak;
}

function decibels(level: number): number {
  return 20 * Math.log10(Math.max(level, 1e-5));
}

/** Two soft notes. Needs a click before it, as browsers want it. */
export async function playChime(): Promise<void> {
  const context = new AudioContext();
  try {
    // Where there is no sound card it may wait for ever.
    await Promise.race([context.resume(), new Promise((resolve) => { setTimeout(resolve, soundLimitMs); })]);
    const begin = context.currentTime + 0.05;
    for (const [hz, at] of [[523.25, 0], [783.99, 0.28]] as const) {
      const tone = new OscillatorNode(context, { frequency: hz, type: 'sine' });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, begin + at);
      gain.gain.linearRampToValueAtTime(0.25, begin + at + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.001, begin + at + 0.9);
      tone.connect(gain).connect(context.destination);
      tone.start(begin + at);
      tone.stop(begin + at + 1);
    }
    await new Promise((resolve) => { setTimeout(resolve, 1400); });
  } finally {
    await context.close();
  }
}
