import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import type { PeerView } from '../state.js';
import { store } from '../store.js';
import { avatar, hueOf } from '../ui/avatar.js';
import { icon } from '../ui/icons.js';
import { plays } from '../ui/stream.js';
import { define, View } from '../ui/view.js';
import '../ui/level.js';
import { bars, pathIcon, pathName, qualityName } from './badge.js';
import { features } from './feature.js';
import type { Item, Role } from './layout.js';
import { session } from './session.js';

/** One picture on the stage: a person, oneself or a screen. */
class Tile extends View {
  static override properties = { item: { attribute: false }, place: { attribute: false } };
  declare item: Item;
  declare place: Role;

  override render(): TemplateResult | typeof nothing {
    if (this.item.kind === 'self') return this.#renderSelf();
    const peer = this.state.peers.find((p) => p.id === this.item.key.replace(/:screen$/, ''));
    if (!peer) return nothing;
    return this.item.kind === 'screen' ? this.#renderScreen(peer) : this.#renderPeer(peer);
  }

  #renderSelf(): TemplateResult {
    const { inputs, name, callState, screenOn, phase } = this.state;
    const stream = inputs.camera.on ? session.media?.stream ?? null : null;
    // A small picture has no room for more.
    const label = name.trim() === '' || this.place === 'inset' ? t('tile.you') : t('tile.you.name', { name });
    const away = phase === 'call' && callState === 'reconnecting';
    return html`<figure class="tile self" data-tile="self" aria-label=${label}>
      ${this.#renderVideo(stream, 'mirrored', label)}
      ${stream ? nothing : html`<div class="tile-empty hue-${hueOf('self')}">${avatar(name, 'self')}</div>`}
      ${away ? html`<p class="tile-chip" role="status" title=${t('tile.self-away')}><span class="spinner"></span><span>${t('tile.reconnecting')}</span></p>` : nothing}
      ${screenOn ? html`<button class="tile-sharing" type="button" @click=${() => void session.toggleScreen()}>${icon('screen-stop')}<span>${t('tile.stop-sharing')}</span></button>` : nothing}
      ${overlays(null)}
      <figcaption class="tile-name">
        ${inputs.microphone.on ? html`<parley-level></parley-level>` : muted()}
        <span>${label}</span>
      </figcaption>
    </figure>`;
  }

  #renderPeer(peer: PeerView): TemplateResult {
    const name = peer.name || t('tile.guest');
    // Of a lost connection there is no picture, not even an old one.
    const camera = peer.connection === 'lost' ? null : peer.camera;
    const speaking = peer.speaking && peer.media.microphone && peer.connection === 'connected';
    return html`<figure class="tile ${speaking ? 'speaking' : ''} ${peer.connection}" data-tile=${peer.id} data-connection=${peer.connection} aria-label=${name}>
      ${this.#renderVideo(camera, '', name)}
      ${camera ? nothing : html`<div class="tile-empty hue-${hueOf(peer.id)}">${avatar(peer.name, peer.id)}</div>`}
      ${this.#renderTrouble(peer)}
      ${overlays(peer)}
      <figcaption class="tile-name">${peer.media.microphone ? nothing : muted()}<span>${name}</span></figcaption>
      ${this.#renderTools(peer, name)}
    </figure>`;
  }

  #renderScreen(peer: PeerView): TemplateResult {
    const name = t('tile.screen', { name: peer.name || t('tile.guest') });
    return html`<figure class="tile screen" data-tile=${this.item.key} aria-label=${name}>
      ${this.#renderVideo(peer.screen, 'whole', name)}
      <figcaption class="tile-name">${icon('screen')}<span>${name}</span></figcaption>
      <div class="tile-tools">${this.#renderPin(this.item.key, name)}</div>
    </figure>`;
  }

  /** Of several screens, and of all people, the one that is looked at. */
  #renderPin(key: string, name: string): TemplateResult {
    const pinned = this.state.pinned === key;
    const pin = t(pinned ? 'tile.unpin' : 'tile.pin', { name });
    return html`<button class="tile-tool pin" type="button" aria-pressed=${pinned} aria-label=${pin} title=${pin}
      @click=${() => store.dispatch({ type: 'pin', key })}>${icon('pin')}</button>`;
  }

  /** Muted always: the sound plays elsewhere, so that a picture is never held back by an autoplay policy. */
  #renderVideo(stream: MediaStream | null, look: string, label: string): TemplateResult {
    return html`<video class=${look} autoplay playsinline .muted=${true} ${plays(stream)} ?hidden=${stream === null}
      aria-label=${label} disablepictureinpicture @loadedmetadata=${play}></video>`;
  }

  #renderTrouble({ connection, away, name }: PeerView): TemplateResult | typeof nothing {
    if (connection === 'connecting') return html`<p class="tile-chip"><span class="spinner"></span><span>${t('tile.connecting')}</span></p>`;
    if (connection === 'reconnecting') return html`<p class="tile-chip" role="status"><span class="spinner"></span><span>${t('tile.reconnecting')}</span></p>`;
    if (connection === 'lost') return html`<p class="tile-chip" role="status">${icon('warning')}<span>${t('tile.lost')}</span></p>`;
    if (away) return html`<p class="tile-chip" title=${t('tile.away.text', { name })}>${icon('plug')}<span>${t('tile.away')}</span></p>`;
    return nothing;
  }

  #renderTools(peer: PeerView, name: string): TemplateResult {
    const details = `${t('badge.with', { name })} ${pathName(peer.path)}, ${qualityName(peer.quality)}`;
    return html`<div class="tile-tools">
      ${features().map((feature) => feature.tools?.(peer) ?? nothing)}
      ${this.#renderPin(peer.id, name)}
      <button class="tile-tool badge" type="button" data-badge=${peer.path.kind} data-quality=${peer.quality} aria-label=${details} title=${details}
        @click=${() => store.dispatch({ type: 'panel', panel: 'connection', peer: peer.id })}>${icon(pathIcon(peer.path))}${bars(peer.quality)}</button>
    </div>`;
  }
}

function overlays(peer: PeerView | null): TemplateResult {
  return html`<div class="tile-overlays">${features().map((feature) => feature.tile?.(peer) ?? nothing)}</div>`;
}

function muted(): TemplateResult {
  return html`<span class="tile-muted">${icon('mic-off')}<span class="visually-hidden">${t('tile.muted')}</span></span>`;
}

// Safari leaves a video that was hidden while its stream began standing still.
function play(event: Event): void {
  void (event.target as HTMLVideoElement).play().catch(() => undefined);
}

define('parley-tile', Tile);
