const STALLED_MS = 500;

/** Reads the level of a track without making a sound. */
export class Meter {
  readonly track: MediaStreamTrack;
  // A copy: a muted track is silent, and who talks while muted should be told so.
  readonly #copy: MediaStreamTrack;
  readonly #context = new AudioContext();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples = new Float32Array(512);
  #clock = { time: 0, movedMs: -Infinity };

  constructor(track: MediaStreamTrack) {
    this.track = track;
    this.#copy = track.clone();
    this.#copy.enabled = true;
    this.#analyser.fftSize = this.#samples.length;
    this.#context.createMediaStreamSource(new MediaStream([this.#copy])).connect(this.#analyser);
  }

  /** RMS, 0..1; null while the browser does not let sound be read, as before the first click on a page, and where there is no sound card. */
  level(): number | null {
    if (this.#context.state !== 'running') {
      void this.#context.resume().catch(() => undefined);
      return null;
    }
    // Where no sound can be played, Firefox says "running" of a clock that stands still, and all is silence.
    const { currentTime: time } = this.#context;
    if (time !== this.#clock.time) this.#clock = { time, movedMs: performance.now() };
    else if (performance.now() - this.#clock.movedMs > STALLED_MS) return null;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / this.#samples.length));
  }

  close(): void {
    this.#copy.stop();
    void this.#context.close().catch(() => undefined);
  }
}
