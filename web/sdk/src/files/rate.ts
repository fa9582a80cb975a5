/** Speed of a transfer over the last seconds. */

const WINDOW_MS = 5_000;
const MARKS_MAX = 64;

export class Rate {
  /** [when, bytes until then], oldest first. */
  #marks: [number, number][] = [];

  /** A break begins or ends: what was before says nothing about the speed. */
  restart(bytes: number, nowMs = performance.now()): void {
    this.#marks = [[nowMs, bytes]];
  }

  mark(bytes: number, nowMs = performance.now()): void {
    const last = this.#marks.at(-1);
    if (last && nowMs - last[0] < WINDOW_MS / MARKS_MAX) last[1] = bytes;
    else this.#marks.push([nowMs, bytes]);
    while (this.#marks.length > 2 && nowMs - (this.#marks[0]?.[0] ?? 0) > WINDOW_MS) this.#marks.shift();
  }

  /** Bits per second. */
  bps(nowMs = performance.now()): number {
    const [first] = this.#marks;
    const last = this.#marks.at(-1);
    if (!first || !last || nowMs - first[0] < 1) return 0;
    return Math.max(0, ((last[1] - first[1]) * 8_000) / (nowMs - first[0]));
  }

  secondsLeft(bytesLeft: number, nowMs = performance.now()): number | null {
    const bps = this.bps(nowMs);
    return bps > 0 ? Math.ceil((bytesLeft * 8) / bps) : null;
  }
}
