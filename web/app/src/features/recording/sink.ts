/** The page's end of the worker that writes a recording. */
import type { FromWorker, ToWorker } from './protocol.js';
import type { WriteProblem } from './writer.js';

/** More than that waits for no disk: the page would fill its memory. */
const WAITING_BYTES_MAX = 64 << 20;

export type SinkProblem = WriteProblem | 'slow';

/** What a Worker is here. */
export interface Port {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToWorker): void;
  terminate(): void;
}

export interface SinkTarget { name: string; mime: string; file: FileSystemFileHandle | null }

export class Sink {
  readonly #port: Port;
  #waitingBytes = 0;
  #opened: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #finished: (() => void) | null = null;
  #problem: SinkProblem | null = null;
  #dead = false;
  #failed = (_: SinkProblem): void => undefined;
  /** What is on the disk. */
  bytes = 0;

  /** Rejects if the file cannot be made. `failed` is called once at most, later. */
  static async open(port: Port, target: SinkTarget, failed: (problem: SinkProblem) => void): Promise<Sink> {
    const sink = new Sink(port);
    await new Promise<void>((resolve, reject) => {
      sink.#opened = { resolve, reject };
      port.postMessage({ type: 'open', ...target });
    });
    sink.#opened = null;
    sink.#failed = failed;
    return sink;
  }

  private constructor(port: Port) {
    this.#port = port;
    port.onmessage = ({ data }) => this.#onMessage(data);
    port.onerror = (event) => {
      event.preventDefault();
      this.#dead = true;
      this.#fail('store', event.message);
    };
  }

  write(part: Blob): void {
    if (part.size === 0 || this.#problem) return;
    if (this.#waitingBytes + part.size > WAITING_BYTES_MAX) return this.#fail('slow', 'too much waits for the disk');
    this.#waitingBytes += part.size;
    this.#port.postMessage({ type: 'write', part });
  }

  /** Resolves when the file is closed, with what went wrong if something did. */
  async finish(durationMs: number): Promise<SinkProblem | null> {
    if (!this.#dead) await new Promise<void>((resolve) => {
      this.#finished = resolve;
      this.#port.postMessage({ type: 'finish', durationMs });
    });
    this.#port.terminate();
    return this.#problem;
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'opened': return this.#opened?.resolve();
      case 'written':
        this.bytes = message.bytes;
        this.#waitingBytes -= message.taken;
        return;
      case 'finished':
        this.bytes = message.bytes;
        return this.#finished?.();
      case 'failed': return this.#fail(message.code, message.message);
      case 'tick':
    }
  }

  #fail(problem: SinkProblem, message: string): void {
    if (this.#opened) {
      this.#port.terminate();
      return this.#opened.reject(new Error(message));
    }
    const first = this.#problem === null;
    this.#problem ??= problem;
    // Of a file that fails while it is closed there is nothing more to wait for.
    if (this.#finished) this.#finished();
    else if (first) this.#failed(problem);
  }
}
