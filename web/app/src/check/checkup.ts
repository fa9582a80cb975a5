/** Runs the steps of the connection test, one after the other, and says what it finds as it finds it. */
import { browserProblem, join, JoinError, newRoomName, type Call } from '@parley/client';
import { tryCamera, tryMicrophone } from './devices.js';
import { askStun, tryDirect, tryRelay, type RelayAttempt } from './network.js';
import { expiry } from './pair.js';
import { protocolOf, stateOf, type RelayProtocol, type Results, type StepName, type StepState } from './results.js';
import { judge, type Verdict } from './verdict.js';

const joinLimitMs = 20_000;
const pings = 4;
const pingLimitMs = 4_000;

export interface Checkup {
  results: Results;
  running: StepName | null;
  /** Null until all but the speaker, which needs a person, are through. */
  verdict: Verdict | null;
  /** Of the microphone now, 0..1. */
  level: number;
}

export class Run {
  readonly #changed: (checkup: Checkup) => void;
  readonly #abort = new AbortController();
  #state: Checkup = { results: {}, running: null, verdict: null, level: 0 };

  constructor(changed: (checkup: Checkup) => void) {
    this.#changed = changed;
    void this.#run();
  }

  get state(): Checkup {
    return this.#state;
  }

  stop(): void {
    this.#abort.abort();
  }

  /** What the person says about the speaker. */
  heard(heard: boolean): void {
    this.#found({ speaker: { heard } });
  }

  async #run(): Promise<void> {
    this.#step('browser', () => ({ browser: featuresOfBrowser() }));
    this.#step('secure', () => ({ secure: { ok: globalThis.isSecureContext } }));
    const { browser, secure } = this.#state.results;
    if ((browser?.missing.length ?? 0) === 0 && secure?.ok) {
      this.#step('codecs', () => ({ codecs: codecsOfBrowser() }));
      await this.#network();
      await this.#devices();
    }
    if (this.#abort.signal.aborted) return;
    this.#set({ running: null, verdict: judge(this.#state.results) });
  }

  async #network(): Promise<void> {
    const { signal } = this.#abort;
    this.#set({ running: 'signaling' });
    const { call, signaling } = await enter(signal);
    this.#found({ signaling });
    try {
      const servers = call?.iceServers ?? [];
      // A protocol that is blocked takes seconds to be known: all begin at once, and are measured one by one.
      const attempts = call ? (['udp', 'tcp', 'tls'] as const).map((protocol) => tryRelay(protocol, servers, signal)) : [];
      this.#set({ running: 'stun' });
      const { stun, families } = await askStun(servers, signal);
      this.#found({ stun });
      this.#set({ running: 'direct' });
      this.#found({ direct: await tryDirect(signal) });
      this.#found({ families });
      for (const step of call ? (['turn-udp', 'turn-tcp', 'turn-tls'] as const) : []) {
        const protocol = protocolOf(step);
        await this.#relay(step, protocol, attempts.find((attempt) => attempt?.protocol === protocol) ?? null);
      }
    } finally {
      call?.leave();
    }
  }

  async #relay(step: StepName, protocol: RelayProtocol, attempt: RelayAttempt | null): Promise<void> {
    this.#set({ running: step });
    const known = this.#state.results.relays ?? {};
    if (!attempt) return this.#found({ relays: { ...known, [protocol]: 'not-offered' } });
    const { pair, result } = await attempt.done;
    const carried = pair ? await pair.measure(this.#abort.signal) : null;
    pair?.close();
    const { stun } = this.#state.results;
    // STUN is the first that TURN says on the same port.
    if (protocol === 'udp' && carried && stun && !stun.ok) this.#found({ stun: { ...stun, ok: true } });
    this.#found({ relays: { ...known, [protocol]: { ...result, carried } } });
  }

  async #devices(): Promise<void> {
    const { signal } = this.#abort;
    this.#set({ running: 'camera' });
    this.#found({ camera: await tryCamera(signal, (camera) => this.#found({ camera })) });
    this.#set({ running: 'microphone' });
    this.#found({ microphone: await tryMicrophone(signal, (level) => this.#set({ level })) });
  }

  #step(step: StepName, act: () => Results): void {
    this.#set({ running: step });
    this.#found(act());
  }

  #found(results: Results): void {
    this.#set({ results: { ...this.#state.results, ...results } });
  }

  #set(change: Partial<Checkup>): void {
    if (this.#abort.signal.aborted) return;
    this.#state = { ...this.#state, ...change };
    this.#changed(this.#state);
  }
}

export function stepState(step: StepName, { results, running, verdict }: Checkup): StepState {
  if (running === step) return 'running';
  return stateOf(step, results) ?? (verdict && step !== 'speaker' ? 'skipped' : 'waiting');
}

/** A room that nobody else knows, entered for what the server gives to those who enter. */
async function enter(signal: AbortSignal): Promise<{ call: Call | null; signaling: NonNullable<Results['signaling']> }> {
  const url = new URL(`/r/${newRoomName()}`, location.origin);
  const address = new URL('/v1/signal', location.origin.replace(/^http/, 'ws')).href;
  const attempt = new AbortController();
  signal.addEventListener('abort', () => attempt.abort());
  const timer = setTimeout(() => attempt.abort(), joinLimitMs);
  try {
    const call = await join(url, { signal: attempt.signal });
    const times: number[] = [];
    for (let n = 0; n < pings && !signal.aborted; n++) {
      const ms = await Promise.race([call.ping(), expiry(pingLimitMs, signal)]);
      if (ms !== null) times.push(ms);
    }
    const rttMs = times.length > 0 ? Math.min(...times) : null;
    return { call, signaling: { ok: rttMs !== null, rttMs, problem: '', url: address } };
  } catch (error) {
    const problem = error instanceof JoinError ? error.reason : 'server-gone';
    return { call: null, signaling: { ok: false, rttMs: null, problem, url: address } };
  } finally {
    clearTimeout(timer);
  }
}

/** Names as in the standards: the same in every language. */
function featuresOfBrowser(): NonNullable<Results['browser']> {
  const problem = browserProblem();
  const needed: [string, boolean][] = [
    ['RTCPeerConnection', problem !== 'no-webrtc' && problem !== 'too-old'],
    ['WebSocket', typeof WebSocket !== 'undefined'],
  ];
  const nicer: [string, boolean][] = [
    ['getUserMedia', Boolean(globalThis.navigator.mediaDevices?.getUserMedia)],
    ['getDisplayMedia', Boolean(globalThis.navigator.mediaDevices?.getDisplayMedia)],
    ['setSinkId', 'setSinkId' in HTMLMediaElement.prototype],
    ['MediaRecorder', typeof MediaRecorder !== 'undefined'],
    ['RTCRtpScriptTransform', 'RTCRtpScriptTransform' in globalThis],
    ['Origin private file system', Boolean(navigator.storage?.getDirectory)],
    ['Document Picture-in-Picture', 'documentPictureInPicture' in globalThis],
    ['Screen Wake Lock', 'wakeLock' in navigator],
    ['Web Share', 'share' in navigator],
  ];
  const absent = (list: [string, boolean][]): string[] => list.filter(([, there]) => !there).map(([name]) => name);
  return { missing: absent(needed), without: absent(nicer) };
}

function codecsOfBrowser(): NonNullable<Results['codecs']> {
  const of = (kind: 'audio' | 'video'): string[] => {
    const names = (RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? []).map(({ mimeType }) => mimeType.replace(/^\w+\//, ''));
    const helpers = /^(rtx|red|ulpfec|flexfec-03|CN|telephone-event)$/i;
    return [...new Set(names)].filter((name) => !helpers.test(name));
  };
  return { audio: of('audio'), video: of('video') };
}
