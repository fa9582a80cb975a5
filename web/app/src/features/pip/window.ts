/** The whole call in a small window that stays above all others. Chromium: https://wicg.github.io/document-picture-in-picture/ */
import { html, nothing, render, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { session } from '../../call/session.js';
import { choices } from '../../choices.js';
import { t as core } from '../../i18n/index.js';
import type { PeerView } from '../../state.js';
import { store } from '../../store.js';
import { avatar, hueOf } from '../../ui/avatar.js';
import { icon } from '../../ui/icons.js';
import { plays } from '../../ui/stream.js';
import { pip } from './state.js';
import { t } from './texts.js';

interface DocumentPictureInPicture {
  readonly window: Window | null;
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

export function documentPip(): DocumentPictureInPicture | null {
  return (globalThis as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture ?? null;
}

let opened: Window | null = null;

/** Only after a click, or when the browser itself asks for it. */
export async function openWindow(api: DocumentPictureInPicture): Promise<void> {
  const target = await api.requestWindow({ width: 400, height: 320 });
  opened = target;
  dress(target.document);
  const draw = (): void => {
    render(renderCall(), target.document.body);
  };
  const off = store.subscribe(draw);
  target.addEventListener('pagehide', () => {
    off();
    opened = null;
    pip.set(false);
  });
  draw();
  pip.set(true);
}

export function closeWindow(): void {
  opened?.close();
}

/** The page's own style sheets, by link as the content security policy wants it, and what it says about itself. */
function dress(page: Document): void {
  const { lang, dataset } = document.documentElement;
  page.documentElement.lang = lang;
  Object.assign(page.documentElement.dataset, dataset);
  const { route } = store.state;
  page.title = t('title', { room: route.page === 'room' ? route.room : '' });
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    const copy = page.createElement('link');
    copy.rel = 'stylesheet';
    copy.href = link.href;
    page.head.append(copy);
  }
  page.body.className = 'pip';
}

function renderCall(): TemplateResult {
  const { peers, inputs, name } = store.state;
  const screen = peers.find((peer) => peer.screen !== null);
  const count = peers.length + 1;
  return html`<main class="pip-call"><div class="pip-tiles" data-count=${Math.min(count, 4)}>
      ${screen ? html`<figure class="tile pip-tile pip-screen" data-pip=${`${screen.id}:screen`}>${video(screen.screen, 'whole')}<figcaption class="tile-name">${icon('screen')}<span>${core('tile.screen', { name: screen.name || core('tile.guest') })}</span></figcaption></figure>` : nothing}
      ${repeat(peers, (peer) => peer.id, renderPeer)}
      <figure class="tile pip-tile" data-pip="self">${inputs.camera.on ? video(session.media?.stream ?? null, 'mirrored') : face(name, 'self')}
        <figcaption class="tile-name">${inputs.microphone.on ? nothing : icon('mic-off')}<span>${core('tile.you')}</span></figcaption></figure>
    </div>
    <div class="controls pip-controls" role="toolbar" aria-label=${core('control.bar')}>
      ${button('microphone', inputs.microphone.on ? 'mic' : 'mic-off', core(inputs.microphone.on ? 'control.mic.off' : 'control.mic.on'), !inputs.microphone.on, () => void session.toggleMicrophone())}
      ${choices().audioOnly ? nothing : button('camera', inputs.camera.on ? 'camera' : 'camera-off', core(inputs.camera.on ? 'control.camera.off' : 'control.camera.on'), !inputs.camera.on, () => void session.toggleCamera())}
      ${button('leave', 'leave', core('control.leave'), false, () => session.leave())}
    </div></main>`;
}

function renderPeer(peer: PeerView): TemplateResult {
  const name = peer.name || core('tile.guest');
  const camera = peer.connection === 'lost' ? null : peer.camera;
  return html`<figure class="tile pip-tile ${peer.speaking && peer.media.microphone ? 'speaking' : ''}" data-pip=${peer.id}>
    ${camera ? video(camera, '') : face(peer.name, peer.id)}
    <figcaption class="tile-name">${peer.media.microphone ? nothing : icon('mic-off')}<span>${name}</span></figcaption></figure>`;
}

function video(stream: MediaStream | null, look: string): TemplateResult {
  return html`<video class=${look} autoplay playsinline .muted=${true} ${plays(stream)}></video>`;
}

function face(name: string, id: string): TemplateResult {
  return html`<div class="tile-empty hue-${hueOf(id)}">${avatar(name, id)}</div>`;
}

function button(name: string, image: Parameters<typeof icon>[0], label: string, off: boolean, act: () => void): TemplateResult {
  return html`<button class="control ${off ? 'off' : ''} ${name}" type="button" data-control=${name} aria-label=${label} title=${label} @click=${act}>${icon(image)}</button>`;
}
