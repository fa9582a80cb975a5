/** All voices as one track. */

/** By then a sound system that runs at all runs. */
const START_MS = 4000;

export class Mixer {
  readonly #context: AudioContext;
  readonly #out: MediaStreamAudioDestinationNode;
  readonly #inputs = new Map<string, { track: MediaStreamTrack; node: MediaStreamAudioSourceNode }>();

  /** Null where the browser has no sound system that runs, as Firefox does on a machine without a speaker. */
  static async open(): Promise<Mixer | null> {
    const context = new AudioContext();
    // It may never settle.
    void context.resume().catch(() => undefined);
    const endMs = performance.now() + START_MS;
    while (context.currentTime === 0) {
      if (performance.now() > endMs) {
        void context.close();
        return null;
      }
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    return new Mixer(context);
  }

  private constructor(context: AudioContext) {
    this.#context = context;
    this.#out = context.createMediaStreamDestination();
  }

  get tracks(): readonly MediaStreamTrack[] {
    return this.#out.stream.getAudioTracks();
  }

  /** From now on these, and no others. A muted microphone gives silence by itself. */
  set(tracks: readonly MediaStreamTrack[]): void {
    const wanted = new Set(tracks.map(({ id }) => id));
    for (const [id, { node }] of this.#inputs) {
      if (wanted.has(id)) continue;
      node.disconnect();
      this.#inputs.delete(id);
    }
    for (const track of tracks) {
      if (this.#inputs.has(track.id) || track.readyState === 'ended') continue;
      const node = this.#context.createMediaStreamSource(new MediaStream([track]));
      node.connect(this.#out);
      this.#inputs.set(track.id, { track, node });
    }
  }

  close(): void {
    this.set([]);
    for (const track of this.tracks) track.stop();
    void this.#context.close();
  }
}
