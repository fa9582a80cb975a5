/** Who speaks: levels with hysteresis, so that rings and tiles do not flicker. Pure. */

// Linear levels of RFC 6464, 0..1: a quiet voice near a microphone is about 0.02.
const BEGIN_LEVEL = 0.02;
const HOLD_LEVEL = 0.008;
const HOLD_MS = 900;
/** Whoever takes over must be this much louder than the one who speaks, for this long. */
const LOUDER = 1.5;
const TAKE_OVER_MS = 700;
const FORGET_MS = 3_000;

interface Voice { smooth: number; speaking: boolean; lastLoudMs: number }

export class Speakers {
  readonly #voices = new Map<string, Voice>();
  #active: string | null = null;
  #challenger: string | null = null;
  #challengedAtMs = 0;

  /** Takes the level of one peer; true if whether it speaks has changed. */
  hear(id: string, level: number, nowMs: number): boolean {
    const voice = this.#voices.get(id) ?? { smooth: 0, speaking: false, lastLoudMs: -Infinity };
    this.#voices.set(id, voice);
    voice.smooth = level > voice.smooth ? (level + voice.smooth) / 2 : voice.smooth * 0.6 + level * 0.4;
    if (level > (voice.speaking ? HOLD_LEVEL : BEGIN_LEVEL)) voice.lastLoudMs = nowMs;
    const before = voice.speaking;
    voice.speaking = nowMs - voice.lastLoudMs < HOLD_MS;
    return voice.speaking !== before;
  }

  speaking(id: string): boolean {
    return this.#voices.get(id)?.speaking ?? false;
  }

  forget(id: string): void {
    this.#voices.delete(id);
  }

  /** The active speaker after all have been heard; null when nobody has spoken for a while. */
  active(nowMs: number): string | null {
    const current = this.#active === null ? undefined : this.#voices.get(this.#active);
    let loudest: string | null = null;
    for (const [id, voice] of this.#voices) {
      if (voice.speaking && voice.smooth > (loudest === null ? 0 : this.#voices.get(loudest)?.smooth ?? 0)) loudest = id;
    }
    if (!current || nowMs - current.lastLoudMs > FORGET_MS) return (this.#active = loudest);
    if (loudest === null || loudest === this.#active) {
      this.#challenger = null;
      return this.#active;
    }
    if (!current.speaking) return (this.#active = loudest);
    const louder = (this.#voices.get(loudest)?.smooth ?? 0) > current.smooth * LOUDER;
    if (!louder || this.#challenger !== loudest) {
      this.#challenger = louder ? loudest : null;
      this.#challengedAtMs = nowMs;
    } else if (nowMs - this.#challengedAtMs >= TAKE_OVER_MS) {
      this.#active = loudest;
    }
    return this.#active;
  }
}
