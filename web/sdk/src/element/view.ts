/** What the element draws, from what a call is. Nodes are kept from one drawing to the next: a video that moves in the page begins anew. */

import type { Call } from '../call.js';
import type { LocalMedia } from '../media.js';
import type { Peer } from '../peer.js';
import { controlNames, icon, type ControlName } from './icons.js';
import { css } from './style.js';
import type { Texts } from './texts.js';

export interface ViewActions {
  enter(): void;
  control(name: ControlName): void;
}

/** What there is to show besides the call itself. */
export interface ViewState {
  call: Call | null;
  media: LocalMedia | null;
  texts: Texts;
  controls: readonly ControlName[];
  /** A sentence in the middle, with a button where `button` says what. */
  message: { text: string; button: string } | null;
  /** A line at the upper edge. */
  hint: string;
}

interface Tile { root: HTMLElement; video: HTMLVideoElement; initial: HTMLElement; name: HTMLElement; chip: HTMLElement }

export class View {
  readonly #actions: ViewActions;
  readonly #stage = part('div', 'stage');
  readonly #controls = part('div', 'controls');
  readonly #message = part('div', 'message');
  readonly #hint = part('div', 'hint');
  readonly #hear = part('button', 'button', 'primary');
  readonly #tiles = new Map<string, Tile>();

  constructor(root: ShadowRoot, actions: ViewActions) {
    this.#actions = actions;
    adopt(root);
    this.#controls.setAttribute('role', 'toolbar');
    this.#hint.setAttribute('role', 'status');
    this.#hear.hidden = true;
    this.#hear.addEventListener('click', () => this.#playAll());
    root.append(this.#stage, this.#hint, this.#controls, this.#message);
  }

  show(state: ViewState): void {
    const { call, texts } = state;
    this.#showTiles(state);
    this.#showControls(state);
    this.#hear.textContent = texts.hear;
    const line = part('span', 'hint-text');
    line.textContent = state.hint;
    this.#hint.replaceChildren(...(state.hint && call ? [line] : []), this.#hear);
    this.#message.hidden = state.message === null;
    if (state.message) this.#showMessage(state.message);
  }

  #showMessage({ text, button }: { text: string; button: string }): void {
    const sentence = document.createElement('p');
    sentence.setAttribute('role', 'status');
    sentence.textContent = text;
    const enter = part('button', 'button', 'primary');
    enter.setAttribute('type', 'button');
    enter.textContent = button;
    enter.addEventListener('click', () => this.#actions.enter());
    const same = this.#message.textContent === text + button;
    if (!same) this.#message.replaceChildren(...(text ? [sentence] : []), ...(button ? [enter] : []));
  }

  #showTiles({ call, media, texts, controls }: ViewState): void {
    const wanted = new Map<string, (tile: Tile) => void>();
    if (call) {
      for (const peer of call.peers.values()) {
        wanted.set(peer.id, (tile) => showPeer(tile, peer, texts));
        if (peer.track('screen')) wanted.set(`${peer.id}:screen`, (tile) => showScreen(tile, peer, texts));
      }
      wanted.set('self', (tile) => showSelf(tile, call, media, texts));
    }
    for (const [key, tile] of this.#tiles) {
      if (wanted.has(key)) continue;
      tile.root.remove();
      this.#tiles.delete(key);
    }
    for (const [key, fill] of wanted) {
      let tile = this.#tiles.get(key);
      if (!tile) {
        tile = newTile();
        this.#tiles.set(key, tile);
        this.#stage.append(tile.root);
      }
      fill(tile);
      this.#play(tile.video);
    }
    const columns = Math.ceil(Math.sqrt(this.#tiles.size));
    this.#stage.style.setProperty('--columns', String(Math.max(1, columns)));
    this.#stage.classList.toggle('bare', controls.length === 0 || !call);
  }

  #showControls({ call, media, texts, controls }: ViewState): void {
    this.#controls.hidden = !call || controls.length === 0;
    const on: Record<ControlName, boolean> = {
      microphone: media?.state.microphone ?? false, camera: media?.state.camera ?? false, screen: media?.state.screen ?? false, leave: true,
    };
    for (const name of controlNames) {
      let button = this.#controls.querySelector<HTMLButtonElement>(`.${name}`);
      if (!controls.includes(name) || (name === 'screen' && !('getDisplayMedia' in (navigator.mediaDevices ?? {})))) {
        button?.remove();
        continue;
      }
      if (!button) {
        button = part('button', `button button-${name}`, `control ${name}${name === 'microphone' || name === 'camera' ? ' device' : ''}`) as HTMLButtonElement;
        button.type = 'button';
        button.addEventListener('click', () => this.#actions.control(name));
        this.#controls.append(button);
      }
      button.title = texts[name];
      button.setAttribute('aria-label', texts[name]);
      if (name !== 'leave') button.setAttribute('aria-pressed', String(on[name]));
      button.replaceChildren(icon(name, name !== 'screen' && !on[name]));
    }
    let badge = this.#controls.querySelector<HTMLElement>('.badge');
    if (!badge) this.#controls.append((badge = part('span', 'badge')));
    const { kind } = call?.path ?? { kind: 'none' };
    badge.textContent = kind === 'direct' ? texts.direct : kind === 'relay' ? texts.relay : '';
    badge.dataset['path'] = kind;
  }

  #play(video: HTMLVideoElement): void {
    if (!video.srcObject || !video.paused) return;
    video.play().catch((error: unknown) => {
      // A page that nobody has clicked yet may make no sound.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#hear.hidden = false;
    });
  }

  #playAll(): void {
    this.#hear.hidden = true;
    for (const { video } of this.#tiles.values()) this.#play(video);
  }
}

function showPeer(tile: Tile, peer: Peer, texts: Texts): void {
  const name = peer.name || texts.guest;
  const chip = peer.connection === 'connected' ? '' : peer.connection === 'connecting' ? texts.connecting : texts.reconnecting;
  fill(tile, name, peer.connection === 'lost' ? null : peer.stream, peer.media.camera, !peer.media.microphone, chip);
  tile.root.classList.toggle('speaking', peer.speaking);
  tile.root.dataset['peer'] = peer.id;
  tile.root.dataset['connection'] = peer.connection;
}

function showScreen(tile: Tile, peer: Peer, texts: Texts): void {
  fill(tile, `${peer.name || texts.guest} · ${texts.screen}`, peer.screenStream, true, false, '');
  tile.root.classList.add('screen');
}

function showSelf(tile: Tile, call: Call, media: LocalMedia | null, texts: Texts): void {
  tile.video.muted = true;
  fill(tile, call.name || texts.you, media?.stream ?? null, media?.state.camera ?? false, !media?.state.microphone, call.state === 'reconnecting' ? texts.reconnecting : '');
  tile.root.classList.add('self');
}

function fill(tile: Tile, name: string, stream: MediaStream | null, picture: boolean, muted: boolean, chip: string): void {
  if (tile.video.srcObject !== stream) tile.video.srcObject = stream;
  tile.video.style.visibility = picture ? 'visible' : 'hidden';
  tile.initial.hidden = picture;
  tile.initial.textContent = [...name][0]?.toUpperCase() ?? '';
  tile.name.textContent = name;
  tile.name.classList.toggle('muted', muted);
  tile.chip.textContent = chip;
  tile.chip.hidden = chip === '';
  tile.root.setAttribute('aria-label', name);
}

function newTile(): Tile {
  const root = part('figure', 'tile');
  const video = part('video', 'video') as HTMLVideoElement;
  video.playsInline = video.autoplay = true;
  video.setAttribute('playsinline', '');
  const initial = part('div', 'initial');
  initial.setAttribute('aria-hidden', 'true');
  const name = part('figcaption', 'name');
  const chip = part('span', 'chip');
  root.append(video, initial, chip, name);
  return { root, video, initial, name, chip };
}

function part(tag: string, name: string, look = name): HTMLElement {
  const element = document.createElement(tag);
  element.setAttribute('part', name);
  element.className = look;
  return element;
}

/** A constructed sheet is no inline style, which a page's policy may forbid. */
function adopt(root: ShadowRoot): void {
  if ('adoptedStyleSheets' in root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    return;
  }
  // Safari before 16.4.
  const style = document.createElement('style');
  style.textContent = css;
  (root as ShadowRoot).append(style);
}
