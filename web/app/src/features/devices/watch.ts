/** Listens to the level of the microphone and says what a person should know about it. Pure: times and levels in, words out. */

/** A room at night is louder than that, -90 dB; below it a microphone is off, unplugged or covered by the system. */
const NOTHING = 3e-5;
const NEVER_HEARD_MS = 5000;
/** What cleans a voice may leave nothing between two sentences. */
const FELL_SILENT_MS = 20_000;
/** -36 dB: somebody who talks into it. */
const VOICE = 0.016;
const TALKING_MS = 700;
const HINT_MS = 6000;

export type Silence = 'never' | 'stopped' | null;

/** Whether a microphone that is on gives nothing at all. */
export class SilenceWatch {
  #sinceMs: number | null = null;
  #heard = false;

  /** Another microphone, or the same one opened again. */
  reset(): void {
    this.#sinceMs = null;
    this.#heard = false;
  }

  /** `level` is null where nothing is known. */
  add(nowMs: number, level: number | null): Silence {
    if (level === null) {
      this.#sinceMs = null;
      return null;
    }
    if (level > NOTHING) {
      this.#heard = true;
      this.#sinceMs = null;
      return null;
    }
    this.#sinceMs ??= nowMs;
    const silentMs = nowMs - this.#sinceMs;
    if (!this.#heard) return silentMs >= NEVER_HEARD_MS ? 'never' : null;
    return silentMs >= FELL_SILENT_MS ? 'stopped' : null;
  }
}

/** Whether somebody talks who is muted. */
export class MutedTalkWatch {
  #talkMs = 0;
  #lastMs: number | null = null;
  #hintUntilMs = -Infinity;

  add(nowMs: number, level: number | null, muted: boolean): boolean {
    const passedMs = this.#lastMs === null ? 0 : Math.min(500, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    if (!muted || level === null) {
      this.#talkMs = 0;
      this.#hintUntilMs = -Infinity;
      return false;
    }
    // A cough is short, and a pause between two words is not the end.
    this.#talkMs = Math.max(0, Math.min(TALKING_MS * 2, this.#talkMs + (level > VOICE ? passedMs : -passedMs / 3)));
    if (this.#talkMs >= TALKING_MS) this.#hintUntilMs = nowMs + HINT_MS;
    return nowMs < this.#hintUntilMs;
  }
}
