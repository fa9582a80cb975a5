/** Writes what a recorder gives, part by part, and mends the head at the end. */
import { openHead, type Head } from './webm.js';

/** 'no-space': the disk is full; 'store': the file cannot be written, for whatever reason. */
export type WriteProblem = 'no-space' | 'store';

export class WriteError extends Error {
  override readonly name = 'WriteError';
  constructor(readonly code: WriteProblem, message: string) {
    super(message);
  }
}

/** A file that is open for writing. */
export interface Place {
  write(bytes: Uint8Array<ArrayBuffer>, at: number): void | Promise<void>;
  flush(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The head of a file is in its first bytes; what has none by then is left as it is. */
const HEAD_BYTES_MAX = 64 << 10;
const FLUSH_BYTES = 4 << 20;

export class Writer {
  readonly #place: Place;
  /** What has come of a head that is not whole yet; null once it is written. */
  #waiting: Uint8Array<ArrayBuffer> | null;
  #head: Head | null = null;
  #bytes = 0;
  #flushed = 0;
  #error: WriteError | null = null;

  constructor(place: Place, mime: string) {
    this.#place = place;
    this.#waiting = /^\w+\/webm/.test(mime) ? new Uint8Array() : null;
  }

  get bytes(): number {
    return this.#bytes + (this.#waiting?.length ?? 0);
  }

  /** One at a time. After an error nothing more is written, since a file with a hole is worth less than a short one. */
  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#waiting === null) return this.#write(bytes);
    const waiting = joined(this.#waiting, bytes);
    const head = openHead(waiting);
    if (head === undefined && waiting.length < HEAD_BYTES_MAX) {
      this.#waiting = waiting;
      return;
    }
    this.#waiting = null;
    this.#head = head ?? null;
    await this.#write(head?.bytes ?? waiting);
  }

  /** The file is good, and closed, also when this rejects: then it is as long as what was written before. */
  async finish(durationMs: number): Promise<void> {
    const { waiting, head } = { waiting: this.#waiting, head: this.#head };
    this.#waiting = null;
    try {
      if (waiting && waiting.length > 0) await this.#write(waiting);
      if (head && this.#bytes > 0) await this.#place.write(head.duration(durationMs), head.at);
      await this.#place.flush();
      await this.#place.close();
    } catch (error) {
      await Promise.resolve(this.#place.close()).catch(() => undefined);
      throw errorOf(error);
    }
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#error) throw this.#error;
    try {
      await this.#place.write(bytes, this.#bytes);
      this.#bytes += bytes.length;
      if (this.#bytes - this.#flushed < FLUSH_BYTES) return;
      this.#flushed = this.#bytes;
      await this.#place.flush();
    } catch (error) {
      this.#error = errorOf(error);
      throw this.#error;
    }
  }
}

function errorOf(error: unknown): WriteError {
  if (error instanceof WriteError) return error;
  const full = error instanceof Error && error.name === 'QuotaExceededError';
  return new WriteError(full ? 'no-space' : 'store', String(error));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
