/** What the page and the effect's worker tell each other. */
export type ToWorker =
  | { type: 'open'; model: ArrayBuffer }
  | { type: 'frames'; readable: ReadableStream<VideoFrame>; writable: WritableStream<VideoFrame> }
  | { type: 'picture'; picture: ImageBitmap };

export type FromWorker =
  | { type: 'ready' }
  /** Of the other way than 'frames': the painted picture, and that another one can come. */
  | { type: 'picture'; picture: ImageBitmap }
  | { type: 'next' }
  /** Pictures painted a second, and what each took. */
  | { type: 'rate'; fps: number; busyMs: number }
  | { type: 'failed'; message: string };
