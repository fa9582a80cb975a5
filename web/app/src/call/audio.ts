// The sound of the others. It plays from elements of its own, outside of the views, so that no
// change of layout can interrupt it.

/** Firefox before 116 and Safari play on the system's device only. */
export const canChooseSpeaker = typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype;

export class RemoteAudio {
  readonly #elements = new Map<string, { element: HTMLAudioElement; track: MediaStreamTrack }>();
  readonly #onBlocked: (blocked: boolean) => void;
  #speaker = '';

  constructor(onBlocked: (blocked: boolean) => void) {
    this.#onBlocked = onBlocked;
  }

  set(peer: string, microphone: MediaStreamTrack | null, screen: MediaStreamTrack | null): void {
    this.#play(`${peer}:microphone`, microphone);
    this.#play(`${peer}:screen`, screen);
  }

  remove(peer: string): void {
    this.set(peer, null, null);
  }

  clear(): void {
    for (const key of [...this.#elements.keys()]) this.#play(key, null);
    this.#onBlocked(false);
  }

  async setSpeaker(id: string): Promise<void> {
    this.#speaker = id;
    const applied = await Promise.allSettled([...this.#elements.values()].map(({ element }) => this.#aim(element)));
    const failed = applied.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async playAll(): Promise<void> {
    await Promise.all([...this.#elements.values()].map(({ element }) => this.#start(element)));
  }

  #play(key: string, track: MediaStreamTrack | null): void {
    const old = this.#elements.get(key);
    if (old?.track === track) return;
    if (!track) {
      if (old) old.element.srcObject = null;
      this.#elements.delete(key);
      return;
    }
    const element: HTMLAudioElement = old?.element ?? new Audio();
    element.srcObject = new MediaStream([track]);
    this.#elements.set(key, { element, track });
    // A remembered device that is not there any more: the system's own is used.
    void this.#aim(element).catch(() => undefined);
    void this.#start(element);
  }

  async #aim(element: HTMLAudioElement): Promise<void> {
    if (this.#speaker !== '' && canChooseSpeaker) await element.setSinkId(this.#speaker);
  }

  async #start(element: HTMLAudioElement): Promise<void> {
    try {
      await element.play();
      this.#onBlocked(false);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#onBlocked(true);
    }
  }
}
