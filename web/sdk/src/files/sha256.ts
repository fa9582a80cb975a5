/** SHA-256 (FIPS 180-4) of a stream: WebCrypto only takes what is in memory as a whole. */

const BLOCK_BYTES = 64;

const K = new Int32Array(64);
const INITIAL = new Int32Array(8);

/** The constants are the fractional parts of the square and cube roots of the first primes: sections 4.2.2 and 5.3.3. */
for (let n = 2, count = 0; count < 64; n++) {
  let prime = true;
  for (let factor = 2; factor * factor <= n && prime; factor++) prime = n % factor !== 0;
  if (!prime) continue;
  K[count] = fraction(Math.cbrt(n));
  if (count < 8) INITIAL[count] = fraction(Math.sqrt(n));
  count++;
}

function fraction(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) | 0;
}

export class Sha256 {
  readonly #state = INITIAL.slice();
  readonly #schedule = new Int32Array(64);
  readonly #rest = new Uint8Array(BLOCK_BYTES);
  #restBytes = 0;
  #bytes = 0;

  update(data: Uint8Array): this {
    this.#bytes += data.length;
    let offset = 0;
    if (this.#restBytes > 0) {
      offset = Math.min(BLOCK_BYTES - this.#restBytes, data.length);
      this.#rest.set(data.subarray(0, offset), this.#restBytes);
      this.#restBytes += offset;
      if (this.#restBytes < BLOCK_BYTES) return this;
      this.#compress(this.#rest, 0, BLOCK_BYTES);
      this.#restBytes = 0;
    }
    const end = data.length - ((data.length - offset) % BLOCK_BYTES);
    this.#compress(data, offset, end);
    this.#rest.set(data.subarray(end));
    this.#restBytes = data.length - end;
    return this;
  }

  /** Ends it. */
  digest(): Uint8Array<ArrayBuffer> {
    const bits = this.#bytes * 8;
    const padding = new Uint8Array(((this.#restBytes < 56 ? 56 : 120) - this.#restBytes) + 8);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits >>> 0);
    this.update(padding);
    const result = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, i) => result.setInt32(i * 4, word));
    return new Uint8Array(result.buffer);
  }

  /** Takes whole blocks. Section 6.2.2. */
  #compress(data: Uint8Array, begin: number, end: number): void {
    const w = this.#schedule;
    const s = this.#state;
    let [h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0, h5 = 0, h6 = 0, h7 = 0] = s;
    for (let at = begin; at < end; at += BLOCK_BYTES) {
      for (let t = 0, i = at; t < 16; t++, i += 4) {
        w[t] = (data[i]! << 24) | (data[i + 1]! << 16) | (data[i + 2]! << 8) | data[i + 3]!;
      }
      for (let t = 16; t < 64; t++) {
        const x = w[t - 15]!;
        const y = w[t - 2]!;
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
      }
      let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
      for (let t = 0; t < 64; t++) {
        const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (h + s1 + (g ^ (e & (f ^ g))) + K[t]! + w[t]!) | 0;
        const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + t1) | 0;
        d = c;
        c = b;
        b = a;
        a = (t1 + t2) | 0;
      }
      h0 = (h0 + a) | 0;
      h1 = (h1 + b) | 0;
      h2 = (h2 + c) | 0;
      h3 = (h3 + d) | 0;
      h4 = (h4 + e) | 0;
      h5 = (h5 + f) | 0;
      h6 = (h6 + g) | 0;
      h7 = (h7 + h) | 0;
    }
    s.set([h0, h1, h2, h3, h4, h5, h6, h7]);
  }
}
