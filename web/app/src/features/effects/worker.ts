// Segments and paints in the background. Chromium hands over the camera's stream of frames; elsewhere
// pictures are asked for one by one.
import { openNetwork } from './network.js';
import { Painter } from './painter.js';
import type { FromWorker, ToWorker } from './protocol.js';

declare const self: DedicatedWorkerGlobalScope;

/** Thirty pictures a second. */
const INTERVAL_MS = 33;
const RATE_MS = 1000;

let painter: Painter | null = null;
let atMs = 0;
let count = 0;
let busyMs = 0;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  handle(data).catch((error: unknown) => send({ type: 'failed', message: String(error) }));
};

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'open':
      painter = new Painter(openNetwork(message.model));
      atMs = performance.now();
      return send({ type: 'ready' });
    case 'frames':
      await message.readable.pipeThrough(new TransformStream({ transform })).pipeTo(message.writable);
      return;
    case 'picture': {
      const beganMs = performance.now();
      const painted = paint(message.picture, message.picture.width, message.picture.height);
      message.picture.close();
      const bitmap = painted.transferToImageBitmap();
      send({ type: 'picture', picture: bitmap }, [bitmap]);
      setTimeout(() => send({ type: 'next' }), Math.max(0, INTERVAL_MS - (performance.now() - beganMs)));
    }
  }
}

function transform(frame: VideoFrame, controller: TransformStreamDefaultController<VideoFrame>): void {
  const canvas = paint(frame, frame.displayWidth, frame.displayHeight);
  const { timestamp } = frame;
  frame.close();
  controller.enqueue(new VideoFrame(canvas, { timestamp, alpha: 'discard' }));
}

function paint(picture: VideoFrame | ImageBitmap, width: number, height: number): OffscreenCanvas {
  if (!painter) throw new Error('not open');
  const beganMs = performance.now();
  painter.paint(picture, width, height);
  const nowMs = performance.now();
  busyMs += nowMs - beganMs;
  count++;
  if (nowMs - atMs >= RATE_MS) {
    send({ type: 'rate', fps: count * 1000 / (nowMs - atMs), busyMs: busyMs / count });
    count = busyMs = 0;
    atMs = nowMs;
  }
  return painter.canvas;
}

function send(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
