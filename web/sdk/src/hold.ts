/**
 * Lets relay candidates wait, so that direct pairs are checked first where the browser takes the first
 * pair that works.
 */

/** Two round trips of a slow network: one for the other's candidates, one for a check. */
const HOLD_MS = 500;

export class RelayHold {
  readonly #deliver: (candidate: RTCIceCandidateInit) => void;
  #held: RTCIceCandidateInit[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deliver: (candidate: RTCIceCandidateInit) => void) {
    this.#deliver = deliver;
  }

  pass(candidate: RTCIceCandidateInit): void {
    const relay = / typ relay\b/.test(candidate.candidate ?? '');
    // The end of candidates must not overtake the last of them.
    const end = !candidate.candidate && this.#held.length > 0;
    if (!relay && !end) return this.#deliver(candidate);
    this.#held.push(candidate);
    this.#timer ??= setTimeout(() => this.#release(), HOLD_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#held = [];
  }

  #release(): void {
    this.#timer = undefined;
    for (const candidate of this.#held.splice(0)) this.#deliver(candidate);
  }
}
