/** So many at once, and then so many a second. The time is given, so that it can be tested. */
export class Bucket {
  readonly #size: number;
  readonly #perS: number;
  #left: number;
  #atMs = -Infinity;

  constructor(size: number, perS: number) {
    this.#size = size;
    this.#perS = perS;
    this.#left = size;
  }

  take(nowMs: number): boolean {
    this.#left = Math.min(this.#size, this.#left + Math.max(0, nowMs - this.#atMs) / 1000 * this.#perS);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
