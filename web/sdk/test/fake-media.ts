/** Devices, tracks and streams as browsers make them, without media. */

export class FakeTrack extends EventTarget {
  enabled = true;
  muted = false;
  /** Constraints that a live track takes; the others need a new track. */
  settings: MediaTrackSettings = {};
  readyState = 'live';
  contentHint = '';
  readonly kind: string;
  readonly label: string;
  readonly deviceId: string;

  constructor(kind: string, deviceId: string) {
    super();
    this.kind = kind;
    this.deviceId = deviceId;
    this.label = `label of ${deviceId}`;
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId, ...this.settings };
  }

  stop(): void {
    this.readyState = 'ended';
  }

  async applyConstraints(): Promise<void> {
    // Like a browser that does not change a live track.
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    this.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
  }

  unplug(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

export class FakeStream {
  readonly #tracks = new Set<FakeTrack>();
  constructor(tracks: FakeTrack[] = []) {
    for (const track of tracks) this.#tracks.add(track);
  }
  addTrack(track: FakeTrack): void {
    this.#tracks.add(track);
  }
  removeTrack(track: FakeTrack): void {
    this.#tracks.delete(track);
  }
  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }
  getAudioTracks(): FakeTrack[] {
    return this.getTracks().filter((track) => track.kind === 'audio');
  }
  getVideoTracks(): FakeTrack[] {
    return this.getTracks().filter((track) => track.kind === 'video');
  }
}

export class FakeDevices extends EventTarget {
  list: { kind: string; deviceId: string; label: string; groupId: string }[] = [];
  refuse: string | null = null;
  hold: Promise<void> = Promise.resolve();
  questions = 0;
  readonly opened: FakeTrack[] = [];

  /** The system has other devices now. */
  change(list: FakeDevices['list']): void {
    this.list = list;
    this.dispatchEvent(new Event('devicechange'));
  }

  async enumerateDevices(): Promise<object[]> {
    return this.list;
  }

  async getUserMedia({ audio, video }: MediaStreamConstraints): Promise<FakeStream> {
    await this.hold;
    if (this.refuse) throw new DOMException('no', this.refuse);
    this.questions++;
    const tracks = Object.entries({ audio, video }).filter(([, constraints]) => constraints).map(([kind, constraints]) => {
      const { deviceId, ...settings } = constraints as MediaTrackConstraints & { deviceId?: { ideal?: string } };
      const devices = this.list.filter((device) => device.kind === `${kind}input`);
      const device = devices.find((d) => d.deviceId === deviceId?.ideal) ?? devices[0];
      if (!device) throw new DOMException('none', 'NotFoundError');
      const track = new FakeTrack(kind, device.deviceId);
      if (kind === 'audio') track.settings = settings as MediaTrackSettings;
      return track;
    });
    this.opened.push(...tracks);
    return new FakeStream(tracks);
  }

  async getDisplayMedia(): Promise<FakeStream> {
    const tracks = [new FakeTrack('video', 'screen'), new FakeTrack('audio', 'tab')];
    this.opened.push(...tracks);
    return new FakeStream(tracks);
  }
}
