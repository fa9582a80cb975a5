import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import { store } from '../store.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { bars, pathIcon, pathName, qualityName, worstQuality } from './badge.js';
import { copyInvite } from './invite.js';

/** Which room, how long, and how the connection is. */
class CallInfo extends View {
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override render(): TemplateResult {
    const { route, joinedAtMs } = this.state;
    const room = route.page === 'room' ? route.room : '';
    return html`<div class="info">
      ${joinedAtMs > 0 ? html`<span class="info-time" aria-hidden="true">${duration(Date.now() - joinedAtMs)}</span>` : nothing}
      <button class="info-room" type="button" title="${t('invite.copy')} (L)" @click=${copyInvite}>
        <span class="visually-hidden">${t('invite.copy')} </span><span class="room-code">${room}</span>${icon('copy')}</button>
    </div>
    ${this.#renderBadge()}`;
  }

  #renderBadge(): TemplateResult {
    const { peers, path, panel } = this.state;
    const quality = worstQuality(this.state);
    if (peers.length === 0) return html`<div class="info-path"></div>`;
    const label = `${t('badge.all')} ${pathName(path)}, ${qualityName(quality)}`;
    return html`<div class="info-path"><button class="badge" type="button" data-overall=${path.kind} aria-label=${label} title="${t('control.connection')} (I)"
      aria-expanded=${panel === 'connection'} @click=${() => store.dispatch({ type: 'panel', panel: panel === 'connection' ? null : 'connection' })}>
      ${icon(pathIcon(path))}<span class="badge-text">${pathName(path)}</span>${bars(quality)}</button></div>`;
  }
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

define('parley-call-info', CallInfo);
