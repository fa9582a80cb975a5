/** A camera's picture with a soft background: by the camera itself where it can, else by a network that runs here. */
import { openWorker } from '../../ui/worker.js';
import type { FromWorker, ToWorker } from './protocol.js';
import { blurStatus } from './status.js';

/** Put in by build.mjs. */
declare const SELFIE_MODEL: string;

interface Processor { readonly readable: ReadableStream<VideoFrame> }
interface Generator extends MediaStreamTrack { readonly writable: WritableStream<VideoFrame> }

/** https://www.w3.org/TR/mediacapture-transform/, of which Chromium has an older form. */
interface TransformWindow {
  MediaStreamTrackProcessor?: new (init: { track: MediaStreamTrack; maxBufferSize?: number }) => Processor;
  MediaStreamTrackGenerator?: new (init: { kind: 'video' }) => Generator;
}

interface Blurred { track: MediaStreamTrack; close(): void }

export async function blur(camera: MediaStreamTrack): Promise<Blurred> {
  const native = await blurByCamera(camera);
  if (native) return native;
  blurStatus.set({ kind: 'starting' });
  let worker: Worker | null = null;
  try {
    const response = await fetch(SELFIE_MODEL);
    if (!response.ok) throw new Error(`the model did not load: ${response.status}`);
    worker = openWorker('features/effects/worker.ts');
    await opened(worker, await response.arrayBuffer());
    const made = 'MediaStreamTrackGenerator' in globalThis && 'MediaStreamTrackProcessor' in globalThis
      ? throughFrames(worker, camera) : await throughPictures(worker, camera);
    blurStatus.set({ kind: 'running', fps: 0, busyMs: 0 });
    const running = worker;
    running.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'rate') blurStatus.set({ kind: 'running', fps: data.fps, busyMs: data.busyMs });
      if (data.type === 'failed') blurStatus.set({ kind: 'failed' });
    });
    return {
      track: made.track,
      close() {
        made.close();
        running.terminate();
        blurStatus.set({ kind: 'off' });
      },
    };
  } catch (error) {
    worker?.terminate();
    blurStatus.set({ kind: 'failed' });
    throw error;
  }
}

/** https://www.w3.org/TR/mediacapture-extensions/#background-effects */
async function blurByCamera(camera: MediaStreamTrack): Promise<Blurred | null> {
  const { backgroundBlur } = (camera.getCapabilities?.() ?? {}) as { backgroundBlur?: readonly boolean[] };
  if (!backgroundBlur?.includes(true)) return null;
  const set = (on: boolean): Promise<void> => camera.applyConstraints({ ...camera.getConstraints(), backgroundBlur: on } as MediaTrackConstraints);
  try {
    await set(true);
  } catch {
    return null;
  }
  blurStatus.set({ kind: 'native' });
  return {
    track: camera,
    close() {
      void set(false).catch(() => undefined);
      blurStatus.set({ kind: 'off' });
    },
  };
}

function opened(worker: Worker, model: ArrayBuffer): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'ready') resolve();
      if (data.type === 'failed') reject(new Error(data.message));
    };
    worker.onerror = (event) => reject(new Error(event.message));
    post(worker, { type: 'open', model }, [model]);
  });
}

function throughFrames(worker: Worker, camera: MediaStreamTrack): Blurred {
  const { MediaStreamTrackProcessor: Processor, MediaStreamTrackGenerator: Generator } = globalThis as TransformWindow;
  if (!Processor || !Generator) throw new Error('no frames');
  // A copy, since the processor ends with its track. One frame at a time: late ones are left out.
  const copy = camera.clone();
  const { readable } = new Processor({ track: copy, maxBufferSize: 1 });
  const track = new Generator({ kind: 'video' });
  const { writable } = track;
  post(worker, { type: 'frames', readable, writable }, [readable, writable]);
  return {
    track,
    close() {
      copy.stop();
      track.stop();
    },
  };
}

/** Firefox and Safari hand no frames over: a canvas gives the track. In a hidden page it is painted rarely. */
async function throughPictures(worker: Worker, camera: MediaStreamTrack): Promise<Blurred> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([camera]);
  await video.play();
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('bitmaprenderer');
  const show = (picture: ImageBitmap): void => {
    if (canvas.width !== picture.width || canvas.height !== picture.height) Object.assign(canvas, { width: picture.width, height: picture.height });
    context?.transferFromImageBitmap(picture);
  };
  let closed = false;
  const next = async (): Promise<void> => {
    if (closed) return;
    const picture = await createImageBitmap(video).catch(() => null);
    if (closed) picture?.close();
    else if (picture) post(worker, { type: 'picture', picture }, [picture]);
    // Between two settings a camera may have no picture.
    else setTimeout(() => void next(), 100);
  };
  const first = new Promise<void>((resolve) => {
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'next') void next();
      if (data.type !== 'picture') return;
      show(data.picture);
      resolve();
    });
  });
  void next();
  // An empty canvas must not be seen.
  await first;
  const [track] = canvas.captureStream().getVideoTracks();
  if (!track) throw new Error('no track of a canvas');
  return {
    track,
    close() {
      closed = true;
      track.stop();
      video.srcObject = null;
    },
  };
}

function post(worker: Worker, message: ToWorker, transfer: Transferable[]): void {
  worker.postMessage(message, transfer);
}
