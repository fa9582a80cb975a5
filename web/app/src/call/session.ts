/** Joins the SDK to the store: what happens becomes actions, what a person does becomes calls. */
import {
  browserProblem, join, JoinError, LocalMedia, MediaError, type Call, type DeviceKind, type EndReason,
  type MediaErrorCode, type Peer,
} from '@parley/client';
import { cameraLimits, choiceChanges, choices, receiveLimits, screenOptions, sendLimits } from '../choices.js';
import { hostKeyOf, inviteOf, keepHostKey, newHostKey } from '../keys.js';
import { remember, rememberRoom, settings } from '../settings.js';
import { store, toast } from '../store.js';
import type { Input, PeerView } from '../state.js';
import { RemoteAudio } from './audio.js';
import { beginFeatures, endFeatures } from './feature.js';
import { History } from './history.js';
import { stayAwake } from './wake.js';

class Session {
  #media: LocalMedia | null = null;
  #call: Call | null = null;
  #room = '';
  #password = '';
  #joining: AbortController | null = null;
  #off: (() => void)[] = [];
  readonly history = new History();
  /** The choices that are in force. */
  #applied = '';
  #blurred = false;
  #audioOnly = false;
  readonly #mediaListeners = new Set<(media: LocalMedia) => void>();
  readonly #audio = new RemoteAudio((blocked) => store.dispatch({ type: 'audio-blocked', blocked }));

  constructor() {
    choiceChanges.subscribe(this.#applyChoices);
  }

  /** Calls with the person's devices, each time that they are new. */
  onMedia(listener: (media: LocalMedia) => void): void {
    this.#mediaListeners.add(listener);
    if (this.#media) listener(this.#media);
  }

  /** The person's own devices, while a room page is open. */
  get media(): LocalMedia | null {
    return this.#media;
  }

  get call(): Call | null {
    return this.#call;
  }

  /** Opens the devices for a room's pre-join page, or goes straight in. */
  open(room: string, joinAtOnce: boolean): void {
    this.close();
    if (browserProblem() !== null) return;
    void import('../features/index.js');
    this.#room = room;
    this.#password = '';
    const media = this.#openMedia();
    void this.#startRemembered();
    void media.devices().then(() => this.#showDevices());
    if (joinAtOnce) void this.join();
  }

  /** Leaves the room page altogether. */
  close(): void {
    this.#end();
    this.#media?.close();
    this.#media = null;
  }

  /** Goes into the room: with its password, if it has one. Without one given, the last one is tried again. */
  async join(password = this.#password): Promise<void> {
    if (this.#joining || this.#call) return;
    const media = this.#media ?? this.#openMedia();
    const attempt = new AbortController();
    this.#joining = attempt;
    this.#password = password;
    store.dispatch({ type: 'joining' });
    const { name, route } = store.state;
    // A name in the address is the kiosk's, not the person's.
    if (route.page === 'room' && route.name === null) remember({ name });
    const invite = inviteOf(this.#room);
    try {
      const hostKey = hostKeyOf(this.#room) ?? await newHostKey();
      const chosen = choices();
      const call = await join(new URL(`/r/${this.#room}`, location.origin), {
        name, media, signal: attempt.signal, hostKey, ...(password ? { password } : {}), ...(invite ? { invite } : {}),
        onWaiting: () => store.dispatch({ type: 'waiting' }),
        sendLimits: sendLimits(chosen), receiveLimits: receiveLimits(chosen), videoCodec: chosen.codec || null,
      });
      if (attempt.signal.aborted) return call.leave();
      this.#joining = null;
      // Whoever comes first into a room with a name of its own is its host, and stays it with this key.
      const keep = (): void => { if (call.role === 'host') keepHostKey(call.room, hostKey); };
      this.#begin(call);
      this.#off.push(call.on('role', keep));
      keep();
    } catch (error) {
      if (attempt.signal.aborted) return;
      this.#joining = null;
      this.#refused(error instanceof JoinError ? error.reason : 'protocol-error');
    }
  }

  /** Back to the door, from waiting before it. */
  stopWaiting(): void {
    this.#joining?.abort();
    this.#joining = null;
    store.dispatch({ type: 'door', password: 'none' });
  }

  #refused(reason: EndReason): void {
    this.#password = '';
    if (reason !== 'password-required' && reason !== 'password-wrong') return this.#finish(reason);
    store.dispatch({ type: 'door', password: reason === 'password-wrong' ? 'wrong' : 'wanted' });
  }

  leave(): void {
    this.#finish('left');
  }

  /** Back from the ended page. */
  rejoin(): void {
    if (!this.#media) {
      this.#openMedia();
      void this.#startRemembered();
    }
    void this.join();
  }

  async start(kind: Input): Promise<void> {
    const media = this.#media;
    if (!media) return;
    store.dispatch({ type: 'input-starting', kind });
    try {
      await media.start(kind, settings().devices[kind]);
      this.#showInputs();
      this.#showDevices();
    } catch (error) {
      if (media === this.#media) store.dispatch({ type: 'input-failed', kind, code: codeOf(error) });
    }
  }

  /** Opens both at once, with one question of the browser's. */
  async startBoth(): Promise<void> {
    const media = this.#media;
    if (!media) return;
    for (const kind of ['microphone', 'camera'] as const) store.dispatch({ type: 'input-starting', kind });
    const problems = await media.startBoth();
    if (media !== this.#media) return;
    for (const kind of ['microphone', 'camera'] as const) {
      const code = problems[kind]?.code;
      if (code) store.dispatch({ type: 'input-failed', kind, code });
    }
    this.#showInputs();
    this.#showDevices();
  }

  async switchBothOn(): Promise<void> {
    this.#media?.setMuted(choices().pushToTalk);
    remember({ microphoneOn: true, cameraOn: true });
    await this.startBoth();
  }

  /** Mutes or unmutes; opens the microphone if it is not. */
  async toggleMicrophone(): Promise<void> {
    const media = this.#media;
    if (!media || store.state.inputs.microphone.starting) return;
    if (media.track('microphone')) {
      media.setMuted(!media.muted);
    } else {
      media.setMuted(false);
      await this.start('microphone');
      this.#explain('microphone');
    }
    remember({ microphoneOn: !media.muted });
    this.#showInputs();
  }

  /** Holds the microphone open, for as long as a key is down. */
  talk(on: boolean): void {
    if (this.#media?.track('microphone')) this.#media.setMuted(!on);
  }

  async toggleCamera(): Promise<void> {
    const media = this.#media;
    if (!media || store.state.inputs.camera.starting) return;
    if (media.track('camera')) {
      media.stop('camera');
      remember({ cameraOn: false });
    } else {
      await this.start('camera');
      remember({ cameraOn: true });
      this.#explain('camera');
    }
    this.#showInputs();
  }

  async toggleScreen(): Promise<void> {
    const media = this.#media;
    if (!media) return;
    if (media.track('screen')) {
      media.stop('screen');
      return;
    }
    try {
      await media.startScreen(screenOptions(choices()));
    } catch (error) {
      const code = codeOf(error);
      // Closing the browser's own picker looks the same as a refusal: either is an answer.
      if (code === 'unsupported') toast('toast.screen-unsupported', {}, 'warning');
      else if (code === 'system-denied') store.dispatch({ type: 'dialog', dialog: 'permissions', kind: 'screen' });
      else if (code === 'failed' || code === 'busy') toast('toast.screen-failed', {}, 'warning');
    }
  }

  async select(kind: DeviceKind, id: string): Promise<void> {
    const media = this.#media;
    if (!media) return;
    remember({ devices: { ...settings().devices, [kind]: id } });
    try {
      await media.select(kind, id);
      if (kind === 'speaker') await this.#audio.setSpeaker(id);
    } catch (error) {
      if (kind !== 'speaker') store.dispatch({ type: 'input-failed', kind, code: codeOf(error) });
      toast('toast.device-failed', {}, 'warning');
    }
    this.#showInputs();
    this.#showDevices();
  }

  setName(name: string): void {
    store.dispatch({ type: 'name', name });
    this.#call?.setName(name);
    if (this.#call) remember({ name });
  }

  /** After a click, which is what an autoplay policy waits for. */
  unblockAudio(): void {
    void this.#audio.playAll();
  }

  async #startRemembered(): Promise<void> {
    const { microphoneOn, cameraOn } = settings();
    const { audioOnly, pushToTalk } = choices();
    if (pushToTalk) this.#media?.setMuted(true);
    const camera = cameraOn && !audioOnly;
    if (microphoneOn && camera) return this.startBoth();
    if (microphoneOn) await this.start('microphone');
    if (camera) await this.start('camera');
  }

  /** What was chosen about sound and pictures holds at once. */
  readonly #applyChoices = (): void => {
    const media = this.#media;
    const call = this.#call;
    const chosen = choices();
    const done = JSON.stringify([chosen.sound, cameraLimits(chosen), sendLimits(chosen), receiveLimits(chosen), chosen.codec, chosen.screen, chosen.blur]);
    if (!media || done === this.#applied) return;
    this.#applied = done;
    if (JSON.stringify(media.sound) !== JSON.stringify(chosen.sound)) {
      media.setSound(chosen.sound).catch(() => toast('toast.device-failed', {}, 'warning'));
    }
    void media.setCameraLimits(cameraLimits(chosen));
    if (chosen.blur !== this.#blurred) {
      this.#blurred = chosen.blur;
      // Before the camera is opened, so that nothing of the room is seen first.
      void media.setEffect(chosen.blur ? async (camera) => (await import('../features/effects/blur.js')).blur(camera) : null);
    }
    if (chosen.audioOnly !== this.#audioOnly) {
      this.#audioOnly = chosen.audioOnly;
      if (chosen.audioOnly) media.stop('camera');
      else if (settings().cameraOn) void this.start('camera');
    }
    void media.adjustScreen(screenOptions(chosen));
    call?.setSendLimits(sendLimits(chosen));
    call?.setReceiveLimits(receiveLimits(chosen));
    call?.setVideoCodec(chosen.codec || null);
    for (const peer of call?.peers.values() ?? []) store.dispatch({ type: 'peer', peer: viewOf(peer) });
  };

  #openMedia(): LocalMedia {
    const media = new LocalMedia();
    this.#media = media;
    this.#applied = '';
    this.#blurred = false;
    this.#audioOnly = choices().audioOnly;
    this.#applyChoices();
    for (const listener of this.#mediaListeners) listener(media);
    Object.assign(media.selected, settings().devices);
    media.on('change', () => this.#showInputs());
    media.on('devices', () => this.#showDevices());
    media.on('device-lost', ({ kind, label, replacedBy }) => {
      const name = label || kind;
      if (kind === 'speaker') {
        toast('toast.speaker-lost', { lost: name }, 'warning');
        void this.#audio.setSpeaker('').catch(() => undefined);
      } else if (replacedBy) {
        toast('toast.device-replaced', { lost: name, now: replacedBy.label }, 'warning');
      } else if (store.state.inputs[kind].problem === 'permission-denied') {
        toast(kind === 'camera' ? 'toast.camera-withdrawn' : 'toast.microphone-withdrawn', {}, 'warning');
      } else {
        toast(kind === 'camera' ? 'toast.camera-lost' : 'toast.microphone-lost', { lost: name }, 'warning');
        store.dispatch({ type: 'input-failed', kind, code: 'not-found' });
      }
    });
    media.on('device-back', ({ kind, label }) => {
      toast('toast.device-back', { name: label || kind });
      if (kind === 'speaker') void this.#audio.setSpeaker(media.selected.speaker ?? '').catch(() => undefined);
    });
    media.on('default-changed', ({ kind, label }) => {
      toast('toast.default-changed', { name: label || kind });
      // Some systems leave a page that plays on the device it began with.
      if (kind === 'speaker') void this.#audio.setSpeaker(media.selected.speaker ?? '').catch(() => undefined);
    });
    media.on('device-failed', ({ kind, code }) => {
      if (kind === 'microphone' || kind === 'camera') store.dispatch({ type: 'input-failed', kind, code });
    });
    this.#showInputs();
    return media;
  }

  #begin(call: Call): void {
    this.#call = call;
    const peers = [...call.peers.values()];
    store.dispatch({ type: 'joined', peers: peers.map(viewOf), atMs: Date.now() });
    rememberRoom(call.room, Date.now());
    beginFeatures(call);
    stayAwake(true);
    const show = ({ peer }: { peer: Peer }): void => {
      // A connection that closes has something to say even after its peer has left.
      if (call.peers.get(peer.id) !== peer) return;
      this.#audio.set(peer.id, peer.track('microphone'), peer.track('screen-audio'));
      store.dispatch({ type: 'peer', peer: viewOf(peer) });
    };
    for (const peer of peers) show({ peer });
    void this.#audio.setSpeaker(settings().devices.speaker ?? '');
    this.#off = [
      call.on('peer-joined', show),
      call.on('peer-changed', show),
      call.on('tracks-changed', show),
      call.on('peer-left', ({ peer, reason }) => {
        this.#audio.remove(peer.id);
        this.history.forget(peer.id);
        toast(reason === 'lost' ? 'live.lost' : 'live.left', { name: peer.name });
        store.dispatch({ type: 'peer-left', id: peer.id });
      }),
      call.on('stats', ({ peer, stats }) => {
        if (!call.peers.has(peer.id)) return;
        this.history.add(stats);
        store.dispatch({ type: 'peer-stats', id: peer.id, stats });
      }),
      call.on('path', ({ path }) => store.dispatch({ type: 'path', path })),
      call.on('state', ({ state, reason }) => {
        if (state === 'left') this.#finish(reason ?? 'left');
        else store.dispatch({ type: 'call-state', state });
      }),
    ];
  }

  #end(): void {
    endFeatures();
    for (const off of this.#off) off();
    this.#off = [];
    this.#joining?.abort();
    this.#joining = null;
    const call = this.#call;
    this.#call = null;
    call?.leave();
    this.#audio.clear();
    this.history.clear();
    stayAwake(false);
  }

  #finish(reason: EndReason): void {
    this.close();
    if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
    store.dispatch({ type: 'inputs', microphone: false, camera: false, screen: false });
    store.dispatch({ type: 'ended', reason });
  }

  /** Says why a device that a person has just asked for did not come. */
  #explain(kind: Input): void {
    // At the door the problem and its help are on the page already.
    if (store.state.phase === 'call' && store.state.inputs[kind].problem !== null) store.dispatch({ type: 'dialog', dialog: 'permissions', kind });
  }

  #showInputs(): void {
    if (this.#media) store.dispatch({ type: 'inputs', ...this.#media.state });
  }

  #showDevices(): void {
    const media = this.#media;
    if (!media) return;
    void media.devices().then((devices) => {
      if (media === this.#media) store.dispatch({ type: 'devices', devices, selected: inUse(media) });
    });
  }
}

/** Of the open devices what they really are, of the others what was chosen. */
function inUse(media: LocalMedia): Partial<Record<DeviceKind, string>> {
  const real = (kind: Input): string | undefined => media.source(kind)?.getSettings().deviceId ?? media.selected[kind];
  const result: Partial<Record<DeviceKind, string>> = {};
  for (const [kind, id] of [
    ['microphone', real('microphone')], ['camera', real('camera')], ['speaker', media.selected.speaker],
  ] as const) {
    if (id) result[kind] = id;
  }
  return result;
}

function codeOf(error: unknown): MediaErrorCode {
  return error instanceof MediaError ? error.code : 'failed';
}

function viewOf(peer: Peer): PeerView {
  const { audioOnly } = choices();
  return {
    id: peer.id, name: peer.name, media: { ...peer.media }, connection: peer.connection, away: peer.signaling === 'away',
    path: peer.path, quality: peer.quality, speaking: peer.speaking, stats: peer.stats,
    camera: peer.track('camera') && !audioOnly ? peer.stream : null,
    screen: peer.track('screen') && !audioOnly ? peer.screenStream : null,
  };
}

export const session = new Session();
