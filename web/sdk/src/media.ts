/**
 * LocalMedia: the person's own microphone, camera and screen. It lives before, during and after a
 * call; the call takes its tracks by replaceTrack, so nothing here needs a negotiation.
 */

import { Emitter } from './emitter.js';
import { MediaError, mediaError } from './errors.js';
import { mediaConstraints } from './quirks.js';
import type { Device, DeviceKind, LocalMediaEvents, MediaState, TrackKind } from './types.js';

type Input = 'microphone' | 'camera';

const KINDS: Record<MediaDeviceKind, DeviceKind> = {
  audioinput: 'microphone', videoinput: 'camera', audiooutput: 'speaker',
};

export class LocalMedia extends Emitter<LocalMediaEvents> {
  /** Camera and microphone, for a preview. */
  readonly stream = new MediaStream();
  readonly screenStream = new MediaStream();
  /** Device ids, given or remembered by the app. */
  readonly selected: { microphone?: string; camera?: string; speaker?: string } = {};

  readonly #tracks = new Map<TrackKind, MediaStreamTrack>();
  // The newest request per kind: what an older one brings is stopped.
  readonly #request = new Map<TrackKind, number>();
  #muted = false;
  #closed = false;
  #meter: Meter | null = null;
  #known: Device[] = [];

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener('devicechange', this.#onDeviceChange);
  }

  get muted(): boolean {
    return this.#muted;
  }

  get state(): MediaState {
    return {
      microphone: this.#tracks.has('microphone') && !this.#muted,
      camera: this.#tracks.has('camera'),
      screen: this.#tracks.has('screen'),
    };
  }

  track(kind: TrackKind): MediaStreamTrack | null {
    return this.#tracks.get(kind) ?? null;
  }

  /** Opens a device, or changes to another one. Rejects with MediaError. */
  async start(kind: Input, deviceId = this.selected[kind]): Promise<void> {
    const request = this.#begin(kind);
    const media = requireMediaDevices(kind);
    let stream: MediaStream;
    try {
      stream = await media.getUserMedia(mediaConstraints(kind, deviceId));
    } catch (error) {
      throw mediaError(error, kind);
    }
    const track = kind === 'microphone' ? stream.getAudioTracks()[0] : stream.getVideoTracks()[0];
    if (!track) throw new MediaError('not-found', kind, 'no track');
    if (!this.#isCurrent(kind, request)) return track.stop();
    if (deviceId) this.selected[kind] = deviceId;
    this.#use(kind, track);
    void this.#refreshDevices();
  }

  /** Stops the device: a camera's light goes off. */
  stop(kind: Input | 'screen'): void {
    this.#begin(kind);
    this.#drop(kind);
    if (kind === 'screen') this.#drop('screen-audio');
  }

  setMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    const track = this.#tracks.get('microphone');
    if (track) track.enabled = !muted;
    this.emit('change', { kind: 'microphone' });
  }

  /** Switches the device mid-call. A speaker is only remembered: the page plays the sound. */
  async select(kind: DeviceKind, deviceId: string): Promise<void> {
    if (kind === 'speaker' || !this.#tracks.has(kind)) {
      this.selected[kind] = deviceId;
      if (kind === 'speaker') this.emit('devices', { devices: this.#known });
      return;
    }
    await this.start(kind, deviceId);
  }

  /** Asks what to show, and shows it. Rejects with MediaError. */
  async startScreen(options: { audio?: boolean } = {}): Promise<void> {
    const request = this.#begin('screen');
    const media = requireMediaDevices('screen');
    if (!media.getDisplayMedia) throw new MediaError('unsupported', 'screen', 'no getDisplayMedia');
    let stream: MediaStream;
    try {
      stream = await media.getDisplayMedia({ video: { frameRate: { max: 30 } }, audio: options.audio ?? true });
    } catch (error) {
      throw mediaError(error, 'screen');
    }
    const video = stream.getVideoTracks()[0];
    if (!video || !this.#isCurrent('screen', request)) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    // Text must stay sharp; motion may stutter.
    video.contentHint = 'detail';
    this.#use('screen', video);
    const audio = stream.getAudioTracks()[0];
    if (audio) this.#use('screen-audio', audio);
    else this.#drop('screen-audio');
  }

  /** Labels are empty before the first permission. */
  async devices(): Promise<Device[]> {
    const infos = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return infos.map((info, index) => ({
      kind: KINDS[info.kind],
      id: info.deviceId,
      label: info.label,
      groupId: info.groupId,
      isDefault: info.deviceId === 'default' || infos.findIndex((other) => other.kind === info.kind) === index,
    }));
  }

  /** Level of the microphone now, 0..1 (RMS); 0 without a track. */
  level(): number {
    const track = this.#tracks.get('microphone');
    if (!track) return 0;
    if (this.#meter?.track !== track) {
      this.#meter?.close();
      this.#meter = new Meter(track);
    }
    return this.#meter.level();
  }

  /** Stops all devices. The object can not be used afterwards. */
  close(): void {
    if (this.#closed) return;
    for (const kind of ['microphone', 'camera', 'screen'] as const) this.stop(kind);
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange);
    this.#meter?.close();
    this.#meter = null;
    this.forgetListeners();
  }

  #begin(kind: TrackKind): number {
    const request = (this.#request.get(kind) ?? 0) + 1;
    this.#request.set(kind, request);
    return request;
  }

  #isCurrent(kind: TrackKind, request: number): boolean {
    return !this.#closed && this.#request.get(kind) === request;
  }

  #streamOf(kind: TrackKind): MediaStream {
    return kind === 'screen' || kind === 'screen-audio' ? this.screenStream : this.stream;
  }

  #use(kind: TrackKind, track: MediaStreamTrack): void {
    this.#release(kind);
    if (kind === 'microphone') track.enabled = !this.#muted;
    this.#tracks.set(kind, track);
    this.#streamOf(kind).addTrack(track);
    // 'ended' comes only when somebody else ended the track: the device was unplugged, the
    // permission taken back, or the sharing stopped in the browser's own bar.
    track.addEventListener('ended', () => this.#onEnded(kind, track), { once: true });
    this.emit('change', { kind });
  }

  #release(kind: TrackKind): boolean {
    const track = this.#tracks.get(kind);
    if (!track) return false;
    this.#tracks.delete(kind);
    this.#streamOf(kind).removeTrack(track);
    track.stop();
    return true;
  }

  #drop(kind: TrackKind): void {
    if (this.#release(kind)) this.emit('change', { kind });
  }

  #onEnded(kind: TrackKind, track: MediaStreamTrack): void {
    if (this.#tracks.get(kind) !== track) return;
    if (kind === 'microphone' || kind === 'camera') void this.#replaceLost(kind, track);
    else if (kind === 'screen') this.stop('screen');
    else this.#drop(kind);
  }

  async #replaceLost(kind: Input, lost: MediaStreamTrack): Promise<void> {
    const { deviceId = '' } = lost.getSettings();
    this.#drop(kind);
    const others = (await this.devices().catch(() => [])).filter((d) => d.kind === kind && d.id !== deviceId);
    let replacedBy: Device | null = null;
    // An explicit empty id asks for any device instead of the one that was chosen.
    if (others.length > 0 && !this.#closed && !this.#tracks.has(kind)) {
      try {
        await this.start(kind, '');
        const id = this.track(kind)?.getSettings().deviceId;
        replacedBy = others.find((d) => d.id === id) ?? null;
      } catch (error) {
        this.emit('device-failed', { kind, code: mediaError(error, kind).code });
      }
    }
    if (!this.#closed) this.emit('device-lost', { kind, label: lost.label, replacedBy });
  }

  readonly #onDeviceChange = (): void => void this.#refreshDevices();

  async #refreshDevices(): Promise<void> {
    const before = this.#known;
    const devices = await this.devices().catch(() => before);
    if (this.#closed || JSON.stringify(devices) === JSON.stringify(before)) return;
    this.#known = devices;
    this.emit('devices', { devices });
    this.#followDefault(before, devices);
  }

  /** Whoever uses "the default device" goes along when the system makes another one the default. */
  #followDefault(before: Device[], after: Device[]): void {
    const track = this.#tracks.get('microphone');
    const wanted = this.selected.microphone;
    if (!track || (wanted && wanted !== 'default')) return;
    const group = (devices: Device[]): string | undefined =>
      devices.find((d) => d.kind === 'microphone' && d.id === 'default')?.groupId;
    const was = group(before);
    const is = group(after);
    if (was === undefined || is === undefined || was === is) return;
    void this.start('microphone', 'default').catch((error: unknown) => {
      this.emit('device-failed', { kind: 'microphone', code: mediaError(error, 'microphone').code });
    });
  }
}

function requireMediaDevices(kind: TrackKind): MediaDevices {
  if (!globalThis.isSecureContext) throw new MediaError('insecure', kind, 'not a secure context');
  if (!navigator.mediaDevices) throw new MediaError('unsupported', kind, 'no mediaDevices');
  return navigator.mediaDevices;
}

/** Reads the level of a track without making a sound. */
class Meter {
  readonly track: MediaStreamTrack;
  readonly #context = new AudioContext();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples = new Float32Array(512);

  constructor(track: MediaStreamTrack) {
    this.track = track;
    this.#analyser.fftSize = this.#samples.length;
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
  }

  level(): number {
    // A page that nobody has clicked yet may not run an AudioContext.
    if (this.#context.state === 'suspended') void this.#context.resume().catch(() => undefined);
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / this.#samples.length));
  }

  close(): void {
    void this.#context.close().catch(() => undefined);
  }
}
