/**
 * LocalMedia: the person's own microphone, camera and screen. It lives before, during and after a
 * call; the call takes its tracks by replaceTrack, so nothing here needs a negotiation.
 */

import { Emitter } from './emitter.js';
import { MediaError, mediaError } from './errors.js';
import { Healer, type Input } from './healing.js';
import { Meter } from './meter.js';
import { inputConstraints, screenConstraints } from './quirks.js';
import type {
  CameraLimits, Device, DeviceKind, LocalMediaEvents, MediaState, ScreenOptions, SoundOptions, TrackKind, VideoEffect,
} from './types.js';

const KINDS: Record<MediaDeviceKind, DeviceKind> = {
  audioinput: 'microphone', videoinput: 'camera', audiooutput: 'speaker',
};

const SOUND: SoundOptions = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * The person's own microphone, camera and screen. It lives before, during and after a call: start devices for a preview, give
 * it to `join`, and the call sends what it has at any time.
 */
export class LocalMedia extends Emitter<LocalMediaEvents> {
  /** Camera and microphone, for a preview. */
  readonly stream = new MediaStream();
  /** The screen and its sound, while it is shared. */
  readonly screenStream = new MediaStream();
  /** Device ids, given or remembered by the app. */
  readonly selected: { microphone?: string; camera?: string; speaker?: string } = {};

  /** What is sent. */
  readonly #tracks = new Map<TrackKind, MediaStreamTrack>();
  /** The devices' own tracks: the camera's is another one than what is sent while an effect is on. */
  readonly #sources = new Map<Input, MediaStreamTrack>();
  // The newest request per kind: what an older one brings is stopped.
  readonly #request = new Map<TrackKind | 'effect', number>();
  readonly #healer: Healer;
  #effect: VideoEffect | null = null;
  #closeEffect: (() => void) | null = null;
  #sound = SOUND;
  #cameraLimits: CameraLimits = {};
  #muted = false;
  #closed = false;
  #meter: Meter | null = null;

  constructor() {
    super();
    this.#healer = new Healer({
      source: (kind) => this.source(kind),
      selected: (kind) => this.selected[kind],
      start: (kind, id) => this.start(kind, id),
      drop: (kind) => this.#drop(kind),
      list: () => this.devices(),
      emit: (type, event) => this.emit(type, event),
    });
  }

  /** Whether the microphone is muted. It stays so over a change of devices. */
  get muted(): boolean {
    return this.#muted;
  }

  /** What is on, as the others are told it. */
  get state(): MediaState {
    return {
      microphone: this.#tracks.has('microphone') && !this.#muted,
      camera: this.#tracks.has('camera'),
      screen: this.#tracks.has('screen'),
    };
  }

  /** What is sent, null while that kind is off. */
  track(kind: TrackKind): MediaStreamTrack | null {
    return this.#tracks.get(kind) ?? null;
  }

  /** The device's own track, whose settings tell the device. */
  source(kind: Input): MediaStreamTrack | null {
    return this.#sources.get(kind) ?? null;
  }

  /** The shorter side of the camera's picture, null if it is not known. */
  get cameraLines(): number | null {
    const { width, height } = this.source('camera')?.getSettings() ?? {};
    return width && height ? Math.min(width, height) : null;
  }

  /** The system keeps the device to itself at the moment, as during a telephone call. It comes back by itself. */
  interrupted(kind: Input): boolean {
    return this.#healer.interrupted(kind);
  }

  /** Opens a device, or changes to another one. Rejects with MediaError. */
  async start(kind: Input, deviceId = this.selected[kind]): Promise<void> {
    const request = this.#begin(kind);
    const stream = await this.#ask(kind, { [kind]: deviceId });
    await this.#take(kind, request, stream, deviceId);
  }

  /** Opens microphone and camera with one question. What could not be had is told by kind. */
  async startBoth(): Promise<Partial<Record<Input, MediaError>>> {
    const requests = { microphone: this.#begin('microphone'), camera: this.#begin('camera') };
    const { microphone, camera } = this.selected;
    let stream: MediaStream;
    try {
      stream = await this.#ask('camera', { microphone, camera });
    } catch (error) {
      const failed = mediaError(error, 'camera');
      if (failed.code === 'permission-dismissed') return { microphone: new MediaError(failed.code, 'microphone', failed.message), camera: failed };
      // One that is missing or refused must not take the other one along.
      const problems: Partial<Record<Input, MediaError>> = {};
      for (const kind of ['microphone', 'camera'] as const) {
        if (this.#isCurrent(kind, requests[kind])) await this.start(kind).catch((e: unknown) => { problems[kind] = mediaError(e, kind); });
      }
      return problems;
    }
    await Promise.all([
      this.#take('microphone', requests.microphone, stream, microphone), this.#take('camera', requests.camera, stream, camera),
    ]);
    return {};
  }

  /** Stops the device: a camera's light goes off. */
  stop(kind: Input | 'screen'): void {
    this.#begin(kind);
    if (kind === 'microphone' || kind === 'camera') this.#healer.forget(kind);
    this.#drop(kind);
    if (kind === 'screen') this.#drop('screen-audio');
  }

  /** Mutes the microphone without stopping it: unmuting is at once. */
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
      if (kind === 'speaker') this.emit('devices', { devices: this.#healer.known });
      return;
    }
    await this.start(kind, deviceId);
  }

  /** What the browser does to the microphone's sound. All of it is on at first. */
  get sound(): Readonly<SoundOptions> {
    return this.#sound;
  }

  /** What the browser does to the microphone's sound, live. Rejects with MediaError. */
  async setSound(sound: SoundOptions): Promise<void> {
    this.#sound = { ...sound };
    const track = this.source('microphone');
    if (!track) return;
    const { deviceId } = track.getSettings();
    await track.applyConstraints(inputConstraints('microphone', deviceId, this.#sound)).catch(() => undefined);
    const settings = track.getSettings();
    const keys = ['echoCancellation', 'noiseSuppression', 'autoGainControl'] as const;
    // Where a live track cannot be changed, a new one can be had.
    if (keys.some((key) => settings[key] !== undefined && settings[key] !== sound[key])) await this.start('microphone', deviceId);
  }

  /** The most that the camera gives, live. What it gives less of by itself stays. */
  async setCameraLimits(limits: CameraLimits): Promise<void> {
    this.#cameraLimits = { ...limits };
    const track = this.source('camera');
    await track?.applyConstraints(inputConstraints('camera', track.getSettings().deviceId, this.#cameraLimits)).catch(() => undefined);
  }

  /** Sends the camera's picture through an effect, or without one, live. Where it does not start there is none. */
  async setEffect(effect: VideoEffect | null): Promise<void> {
    this.#effect = effect;
    const source = this.source('camera');
    if (source) await this.#show(source);
  }

  /** Asks what to show, and shows it. Rejects with MediaError. */
  async startScreen(options: ScreenOptions = {}): Promise<void> {
    const request = this.#begin('screen');
    const media = requireMediaDevices('screen');
    if (!media.getDisplayMedia) throw new MediaError('unsupported', 'screen', 'no getDisplayMedia');
    let stream: MediaStream;
    try {
      stream = await media.getDisplayMedia(screenConstraints(options));
    } catch (error) {
      throw mediaError(error, 'screen');
    }
    const video = stream.getVideoTracks()[0];
    if (!video || !this.#isCurrent('screen', request)) return stopAll(stream);
    // Of text: it must stay sharp, motion may stutter.
    video.contentHint = options.hint ?? 'detail';
    const audio = stream.getAudioTracks()[0];
    if (audio) audio.contentHint = 'music';
    this.#use('screen', video);
    if (audio) this.#use('screen-audio', audio);
    else this.#drop('screen-audio');
  }

  /** Changes what is shared already. */
  async adjustScreen({ hint = 'detail', frameRate = 30 }: ScreenOptions): Promise<void> {
    const track = this.#tracks.get('screen');
    if (!track) return;
    track.contentHint = hint;
    await track.applyConstraints({ frameRate: { max: frameRate } }).catch(() => undefined);
    this.emit('change', { kind: 'screen' });
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

  /** Level of the microphone now, 0..1 (RMS); 0 while it is muted, or off. */
  level(): number {
    return this.#muted ? 0 : this.heard() ?? 0;
  }

  /** Level of what the microphone hears, muted or not; null where that is not known. */
  heard(): number | null {
    const track = this.#tracks.get('microphone');
    if (!track) return null;
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
    this.#healer.close();
    this.forgetListeners();
  }

  async #ask(kind: Input, wanted: { microphone?: string | undefined; camera?: string | undefined }): Promise<MediaStream> {
    const media = requireMediaDevices(kind);
    const constraints: MediaStreamConstraints = {
      ...('microphone' in wanted ? { audio: inputConstraints('microphone', wanted.microphone, this.#sound) } : {}),
      ...('camera' in wanted ? { video: inputConstraints('camera', wanted.camera, this.#cameraLimits) } : {}),
    };
    try {
      return await media.getUserMedia(constraints);
    } catch (error) {
      throw mediaError(error, kind);
    }
  }

  async #take(kind: Input, request: number, stream: MediaStream, deviceId: string | undefined): Promise<void> {
    const track = kind === 'microphone' ? stream.getAudioTracks()[0] : stream.getVideoTracks()[0];
    if (!track) throw new MediaError('not-found', kind, 'no track');
    if (!this.#isCurrent(kind, request)) return track.stop();
    if (deviceId) this.selected[kind] = deviceId;
    const old = this.#sources.get(kind);
    this.#sources.set(kind, track);
    this.#healer.watch(kind, track);
    if (kind === 'microphone') this.#use(kind, track);
    else await this.#show(track);
    old?.stop();
    void this.#healer.refresh();
  }

  /** Takes the camera's picture into use, through the effect if there is one. */
  async #show(source: MediaStreamTrack): Promise<void> {
    const request = this.#begin('effect');
    const effect = this.#effect;
    // The old picture goes on until the new one is there; without one, the plain one must not be seen first.
    let made: Awaited<ReturnType<VideoEffect>> | null = null;
    let failed: unknown = null;
    try {
      made = effect ? await effect(source) : null;
    } catch (error) {
      failed = error;
      if (this.#effect === effect) this.#effect = null;
    }
    if (!this.#isCurrent('effect', request) || this.source('camera') !== source) return made?.close();
    const closeOld = this.#closeEffect;
    this.#closeEffect = made ? () => made.close() : null;
    this.#use('camera', made?.track ?? source);
    closeOld?.();
    if (failed) this.emit('effect-failed', { error: failed instanceof Error ? failed : new Error(String(failed)) });
  }

  #begin(kind: TrackKind | 'effect'): number {
    const request = (this.#request.get(kind) ?? 0) + 1;
    this.#request.set(kind, request);
    return request;
  }

  #isCurrent(kind: TrackKind | 'effect', request: number): boolean {
    return !this.#closed && this.#request.get(kind) === request;
  }

  #streamOf(kind: TrackKind): MediaStream {
    return kind === 'screen' || kind === 'screen-audio' ? this.screenStream : this.stream;
  }

  #use(kind: TrackKind, track: MediaStreamTrack): void {
    if (this.#tracks.get(kind) === track) return;
    this.#release(kind);
    if (kind === 'microphone') track.enabled = !this.#muted;
    this.#tracks.set(kind, track);
    this.#streamOf(kind).addTrack(track);
    if (kind === 'screen' || kind === 'screen-audio') {
      // The sharing was stopped in the browser's own bar, or its window closed.
      track.addEventListener('ended', () => this.#onShareEnded(kind, track), { once: true });
    }
    this.emit('change', { kind });
  }

  #release(kind: TrackKind): boolean {
    const track = this.#tracks.get(kind);
    if (!track) return false;
    this.#tracks.delete(kind);
    this.#streamOf(kind).removeTrack(track);
    // A camera's own track goes on below an effect that comes or goes.
    if (kind !== 'camera' || this.source('camera') !== track) track.stop();
    if (kind === 'microphone') {
      this.#meter?.close();
      this.#meter = null;
    }
    return true;
  }

  #drop(kind: TrackKind): void {
    if (kind === 'microphone' || kind === 'camera') {
      this.#sources.get(kind)?.stop();
      this.#sources.delete(kind);
    }
    if (kind === 'camera') {
      this.#begin('effect');
      this.#closeEffect?.();
      this.#closeEffect = null;
    }
    if (this.#release(kind)) this.emit('change', { kind });
  }

  #onShareEnded(kind: 'screen' | 'screen-audio', track: MediaStreamTrack): void {
    if (this.#tracks.get(kind) !== track) return;
    if (kind === 'screen') this.stop('screen');
    else this.#drop(kind);
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function requireMediaDevices(kind: TrackKind): MediaDevices {
  if (!globalThis.isSecureContext) throw new MediaError('insecure', kind, 'not a secure context');
  if (!navigator.mediaDevices) throw new MediaError('unsupported', kind, 'no mediaDevices');
  return navigator.mediaDevices;
}
