/**
 * Devices that go away come back by themselves: one that was unplugged, one that the system has
 * taken for a telephone call, one whose permission was withdrawn and given again. And whoever uses
 * "the default device" goes along when the system makes another one the default.
 */

import { mediaError } from './errors.js';
import type { Device, DeviceKind, LocalMediaEvents, MediaErrorCode } from './types.js';

export type Input = 'microphone' | 'camera';
const INPUTS: readonly Input[] = ['microphone', 'camera'];

export interface HealerHost {
  /** The device's own track, null while that kind is off. */
  source(kind: Input): MediaStreamTrack | null;
  selected(kind: DeviceKind): string | undefined;
  /** An empty id means any device. */
  start(kind: Input, deviceId?: string): Promise<void>;
  /** Takes note that the device is gone. */
  drop(kind: Input): void;
  list(): Promise<Device[]>;
  emit<K extends keyof LocalMediaEvents>(type: K, event: LocalMediaEvents[K]): void;
}

export class Healer {
  readonly #host: HealerHost;
  /** Inputs that are off against the person's will, and why. */
  readonly #awaited = new Map<Input, MediaErrorCode | null>();
  readonly #interrupted = new Set<Input>();
  readonly #permissions: PermissionStatus[] = [];
  #known: Device[] = [];
  #retrying = false;
  #closed = false;

  constructor(host: HealerHost) {
    this.#host = host;
    navigator.mediaDevices?.addEventListener('devicechange', this.#onDeviceChange);
    globalThis.document?.addEventListener('visibilitychange', this.#onVisible);
    for (const kind of INPUTS) void this.#watchPermission(kind);
  }

  get known(): Device[] {
    return this.#known;
  }

  /** What the system keeps from us at the moment, though its track lives. */
  interrupted(kind: Input): boolean {
    return this.#interrupted.has(kind);
  }

  /** A new track of this kind is in use. */
  watch(kind: Input, track: MediaStreamTrack): void {
    this.#awaited.delete(kind);
    // 'ended' comes only when somebody else ended the track: the device was unplugged, or the
    // permission taken back.
    track.addEventListener('ended', () => void this.#onEnded(kind, track), { once: true });
    // A system that mutes says so: a telephone call on iOS, a lid, a switch on the keyboard.
    const muted = (): void => this.#setInterrupted(kind, track, track.muted);
    track.addEventListener('mute', muted);
    track.addEventListener('unmute', muted);
    // A camera's track may begin muted, until its first picture is there.
    if (!track.muted) this.#setInterrupted(kind, track, false);
  }

  /** The person has switched this kind off. */
  forget(kind: Input): void {
    this.#awaited.delete(kind);
    if (this.#interrupted.delete(kind)) this.#host.emit('resumed', { kind });
  }

  async refresh(): Promise<void> {
    const before = this.#known;
    const devices = await this.#host.list().catch(() => before);
    if (this.#closed || JSON.stringify(devices) === JSON.stringify(before)) return;
    this.#known = devices;
    this.#host.emit('devices', { devices });
    this.#followSpeaker(before, devices);
    for (const kind of INPUTS) await this.#follow(kind, before, devices);
    await this.#retry((kind) => devices.some((device) => device.kind === kind) && this.#awaited.get(kind) !== 'permission-denied');
  }

  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange);
    globalThis.document?.removeEventListener('visibilitychange', this.#onVisible);
    for (const status of this.#permissions) status.onchange = null;
  }

  async #onEnded(kind: Input, track: MediaStreamTrack): Promise<void> {
    if (this.#host.source(kind) !== track) return;
    const { deviceId = '' } = track.getSettings();
    this.#interrupted.delete(kind);
    this.#host.drop(kind);
    const others = (await this.#host.list().catch(() => [])).filter((d) => d.kind === kind && d.id !== deviceId);
    if (this.#closed || this.#host.source(kind)) return;
    let replacedBy: Device | null = null;
    let code: MediaErrorCode | null = null;
    if (others.length > 0) {
      try {
        await this.#host.start(kind, '');
        const id = this.#host.source(kind)?.getSettings().deviceId;
        replacedBy = others.find((d) => d.id === id) ?? null;
      } catch (error) {
        code = mediaError(error, kind).code;
        this.#host.emit('device-failed', { kind, code });
      }
    }
    if (this.#closed) return;
    if (!this.#host.source(kind)) this.#awaited.set(kind, code);
    this.#host.emit('device-lost', { kind, label: track.label, replacedBy });
  }

  #setInterrupted(kind: Input, track: MediaStreamTrack, muted: boolean): void {
    if (this.#closed || this.#host.source(kind) !== track || this.#interrupted.has(kind) === muted) return;
    if (muted) this.#interrupted.add(kind);
    else this.#interrupted.delete(kind);
    this.#host.emit(muted ? 'interrupted' : 'resumed', { kind });
  }

  /** Opens again what is awaited and `possible`. */
  async #retry(possible: (kind: Input) => boolean): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    for (const kind of [...this.#awaited.keys()].filter(possible)) await this.#comeBack(kind, this.#host.selected(kind));
    this.#retrying = false;
  }

  async #comeBack(kind: Input, deviceId?: string): Promise<void> {
    try {
      await this.#host.start(kind, deviceId);
      const track = this.#host.source(kind);
      if (track) this.#host.emit('device-back', { kind, label: track.label });
    } catch {
      // It is not ready yet: the next change is the next chance.
    }
  }

  async #follow(kind: Input, before: readonly Device[], after: readonly Device[]): Promise<void> {
    const track = this.#host.source(kind);
    if (!track) return;
    const wanted = this.#host.selected(kind);
    const used = track.getSettings().deviceId;
    const has = (devices: readonly Device[]): boolean => devices.some((d) => d.kind === kind && d.id === wanted);
    if (wanted && wanted !== 'default') {
      // Another one stood in for the device of the person's choice, which is there again.
      if (used !== wanted && !has(before) && has(after) && before.length > 0) await this.#comeBack(kind, wanted);
      return;
    }
    const is = newDefault(kind, before, after);
    // The entry 'default' keeps its id whatever device it stands for.
    if (!is || (is.id === used && used !== 'default')) return;
    try {
      await this.#host.start(kind, is.id);
      this.#host.emit('default-changed', { kind, label: is.label });
    } catch (error) {
      this.#host.emit('device-failed', { kind, code: mediaError(error, kind).code });
    }
  }

  /** The page plays the sound, so it has to follow. */
  #followSpeaker(before: readonly Device[], after: readonly Device[]): void {
    const wanted = this.#host.selected('speaker') ?? '';
    const find = (devices: readonly Device[]): Device | undefined => devices.find((d) => d.kind === 'speaker' && d.id === wanted);
    if (wanted === '' || wanted === 'default') {
      const is = newDefault('speaker', before, after);
      if (is) this.#host.emit('default-changed', { kind: 'speaker', label: is.label });
      return;
    }
    const was = find(before);
    const is = find(after);
    if (was && !is) this.#host.emit('device-lost', { kind: 'speaker', label: was.label, replacedBy: null });
    if (!was && is && before.length > 0) this.#host.emit('device-back', { kind: 'speaker', label: is.label });
  }

  async #watchPermission(kind: Input): Promise<void> {
    // Firefox before 131 and Safari before 16 know no such permissions.
    const status = await globalThis.navigator?.permissions?.query({ name: kind as PermissionName }).catch(() => null);
    if (!status || this.#closed) return;
    this.#permissions.push(status);
    status.onchange = () => {
      if (status.state === 'granted') void this.#retry((awaited) => awaited === kind);
    };
  }

  readonly #onDeviceChange = (): void => void this.refresh();

  readonly #onVisible = (): void => {
    if (document.hidden) return;
    void this.refresh();
    // After an interruption some systems give nothing to the old track any more.
    for (const kind of [...this.#interrupted]) {
      const id = this.#host.source(kind)?.getSettings().deviceId;
      void this.#host.start(kind, id).catch(() => undefined);
    }
  };
}

/** The device that has become the system's default, if another one was before. */
function newDefault(kind: DeviceKind, before: readonly Device[], after: readonly Device[]): Device | null {
  const of = (devices: readonly Device[]): Device[] => devices.filter((d) => d.kind === kind && d.id !== '');
  const [was, is] = [of(before), of(after)];
  // Chromium has an entry of its own, whose group says which device it is.
  const named = is.find((d) => d.id === 'default');
  const oldNamed = was.find((d) => d.id === 'default');
  if (named || oldNamed) return named && oldNamed && named.groupId !== oldNamed.groupId ? named : null;
  // Elsewhere it is the first of the list. One that has just been plugged in is no new default.
  const [first] = is;
  const [oldFirst] = was;
  if (!first || !oldFirst || first.id === oldFirst.id) return null;
  return was.some((d) => d.id === first.id) && is.some((d) => d.id === oldFirst.id) ? first : null;
}
