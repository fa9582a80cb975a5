/**
 * <parley-call>: a whole call as one element.
 *
 *     <parley-call room="garden" name="Ann"></parley-call>
 *
 * Attributes: `room` (a name, or a room's whole URL), `server` (origin of the Parley server where `room` is
 * a name), `name`, `password`, `invite`, `autojoin`, `microphone="off"`, `camera="off"`, `controls` (which of "microphone camera
 * screen leave"; "" for none), `lang`. Events bubble and are named in ParleyCallEvents. Parts for CSS:
 * stage, tile, video, name, chip, initial, controls, button, button-{control}, badge, message, hint.
 * Custom properties: --parley-accent, --parley-background, --parley-color, --parley-radius.
 */

import { join, type Call } from '../call.js';
import { JoinError } from '../errors.js';
import { LocalMedia } from '../media.js';
import type { Peer } from '../peer.js';
import type { CallEvents, CallState, EndReason } from '../types.js';
import { controlNames, type ControlName } from './icons.js';
import { textsFor, type Texts } from './texts.js';
import { View } from './view.js';

/** The `detail` of the element's events. They bubble, and cross shadow roots. */
export interface ParleyCallEvents {
  /** The person is in the room. */
  'parley-joined': { call: Call };
  /** The call is over. */
  'parley-left': { reason: EndReason };
  /** The call could not begin, or a device did not start. */
  'parley-error': { error: Error };
  /** The signaling connection is in another state. */
  'parley-state': { state: CallState };
  /** Somebody came. Who was here before is in `call.peers` at 'parley-joined'. */
  'parley-peer-joined': { peer: Peer };
  /** Somebody left. */
  'parley-peer-left': CallEvents['peer-left'];
}

type Phase = 'idle' | 'joining' | 'call' | 'ended';

// Where there is no DOM (a server that renders), the module can still be imported.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** The element <parley-call>. Importing the module defines it. */
export class ParleyCallElement extends Base {
  /** @internal */
  static readonly observedAttributes = ['room', 'server', 'controls', 'lang', 'name'];
  /** Origin of the server when neither `server` nor `room` names one. The served script sets its own. */
  static defaultServer = '';

  readonly #view: View;
  #media: LocalMedia | null = null;
  #call: Call | null = null;
  #phase: Phase = 'idle';
  #end: EndReason = 'left';
  #waiting = false;
  #attempt: AbortController | null = null;
  #off: (() => void)[] = [];

  /** @internal */
  constructor() {
    super();
    this.#view = new View(this.attachShadow({ mode: 'open' }), {
      enter: () => void this.join().catch(() => undefined),
      control: (name) => this.#control(name),
    });
  }

  /** The running call, null before and after. */
  get call(): Call | null {
    return this.#call;
  }

  /** The person's own devices, null before the first `join`. */
  get media(): LocalMedia | null {
    return this.#media;
  }

  /** @internal */
  connectedCallback(): void {
    this.#show();
    // The page may set more attributes in the same task.
    if (this.hasAttribute('autojoin')) queueMicrotask(() => void this.join().catch(() => undefined));
  }

  /** @internal */
  disconnectedCallback(): void {
    // Moved within the page it is connected again at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.leave();
    });
  }

  /** @internal */
  attributeChangedCallback(attribute: string, before: string | null, now: string | null): void {
    if (attribute === 'name' && this.#call) this.#call.setName(now ?? '');
    if ((attribute === 'room' || attribute === 'server') && before !== now && this.#phase !== 'idle') this.leave();
    this.#show();
  }

  /** Enters the room of the attributes. Rejects with JoinError; the element shows why as well. */
  async join(): Promise<Call> {
    if (this.#call) return this.#call;
    this.#attempt?.abort();
    const attempt = (this.#attempt = new AbortController());
    this.#setPhase('joining');
    try {
      const url = this.#roomURL();
      const media = (this.#media ??= this.#openMedia());
      for (const kind of ['microphone', 'camera'] as const) {
        if (this.getAttribute(kind) !== 'off') void media.start(kind).catch((error: Error) => this.#tell('parley-error', { error }));
      }
      const [password, invite] = [this.getAttribute('password'), this.getAttribute('invite')];
      const call = await join(url, {
        name: this.getAttribute('name') ?? '', media, signal: attempt.signal,
        ...(password ? { password } : {}), ...(invite ? { invite } : {}),
        onWaiting: () => {
          this.#waiting = true;
          this.#show();
        },
      });
      this.#begin(call);
      return call;
    } catch (error) {
      const problem = error instanceof JoinError ? error : new JoinError('rejected', String(error));
      if (this.#attempt === attempt) {
        this.#stopDevices();
        this.#end = problem.reason;
        this.#setPhase('ended');
        this.#tell('parley-error', { error: problem });
      }
      throw problem;
    }
  }

  /** Leaves the room, or ends the attempt to enter. The element can be joined again. */
  leave(): void {
    this.#attempt?.abort();
    this.#attempt = null;
    this.#call?.leave();
    this.#stopDevices();
    if (this.#phase === 'joining') this.#setPhase('idle');
  }

  #begin(call: Call): void {
    this.#call = call;
    const show = (): void => this.#show();
    this.#off = [
      call.on('peer-joined', ({ peer }) => {
        show();
        this.#tell('parley-peer-joined', { peer });
      }),
      call.on('peer-left', ({ peer, reason }) => {
        show();
        this.#tell('parley-peer-left', { peer, reason });
      }),
      call.on('peer-changed', show), call.on('tracks-changed', show), call.on('path', show),
      call.on('state', ({ state, reason }) => {
        this.#tell('parley-state', { state });
        if (state === 'left') this.#finish(reason ?? 'left');
        else show();
      }),
    ];
    this.#setPhase('call');
    this.#tell('parley-joined', { call });
  }

  #finish(reason: EndReason): void {
    for (const off of this.#off.splice(0)) off();
    this.#call = null;
    this.#attempt = null;
    this.#end = reason;
    this.#setPhase('ended');
    this.#tell('parley-left', { reason });
  }

  #openMedia(): LocalMedia {
    const media = new LocalMedia();
    media.on('change', () => this.#show());
    return media;
  }

  #stopDevices(): void {
    for (const kind of ['microphone', 'camera', 'screen'] as const) this.#media?.stop(kind);
  }

  #control(name: ControlName): void {
    const media = this.#media;
    if (name === 'leave' || !media) return this.leave();
    const failed = (error: Error): void => this.#tell('parley-error', { error });
    if (name === 'microphone' && media.track('microphone')) media.setMuted(!media.muted);
    else if (name === 'screen' && !media.track('screen')) void media.startScreen().catch(failed);
    else if (name !== 'microphone' && media.track(name)) media.stop(name);
    else if (name !== 'screen') void media.start(name).catch(failed);
  }

  #roomURL(): URL {
    const room = this.getAttribute('room')?.trim() ?? '';
    if (room === '') throw new JoinError('rejected', this.#texts.noRoom);
    if (/^https?:/i.test(room)) return new URL(room);
    const server = this.getAttribute('server') || ParleyCallElement.defaultServer || location.origin;
    return new URL(`/r/${encodeURIComponent(room)}`, server);
  }

  get #texts(): Texts {
    const own = this.closest('[lang]')?.getAttribute('lang');
    return textsFor([...(own ? [own] : []), ...navigator.languages]);
  }

  get #controls(): ControlName[] {
    const wanted = this.getAttribute('controls');
    return wanted === null ? [...controlNames] : controlNames.filter((name) => wanted.split(/\s+/).includes(name));
  }

  #setPhase(phase: Phase): void {
    this.#phase = phase;
    this.#waiting = false;
    this.toggleAttribute('in-call', phase === 'call');
    this.#show();
  }

  #show(): void {
    const texts = this.#texts;
    const call = this.#call;
    const hint = call && call.peers.size === 0 ? texts.waiting : '';
    this.#view.show({ call, media: this.#media, texts, controls: this.#controls, message: this.#message(texts), hint });
  }

  #message(texts: Texts): { text: string; button: string } | null {
    switch (this.#phase) {
      case 'call': return null;
      case 'idle': return { text: '', button: texts.join };
      case 'joining': return { text: this.#waiting ? texts.lobby : texts.joining, button: '' };
      case 'ended': return endMessage(this.#end, texts);
    }
  }

  #tell<K extends keyof ParleyCallEvents>(type: K, detail: ParleyCallEvents[K]): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

function endMessage(reason: EndReason, texts: Texts): { text: string; button: string } {
  switch (reason) {
    case 'left': return { text: texts.ended, button: texts.rejoin };
    case 'room-full': return { text: texts.full, button: texts.retry };
    case 'server-gone':
    case 'server-full': return { text: texts.unreachable, button: texts.retry };
    case 'unsupported-browser': return { text: texts.browser, button: '' };
    default: return { text: texts.refused, button: texts.retry };
  }
}

declare global {
  interface HTMLElementTagNameMap { 'parley-call': ParleyCallElement }
}

// Importing the module is enough; a page that has two copies of it keeps the first.
if (globalThis.customElements && !customElements.get('parley-call')) customElements.define('parley-call', ParleyCallElement);
