import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import type { PeerView } from '../state.js';
import { store } from '../store.js';
import { avatar } from '../ui/avatar.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { bars, pathName, qualityName } from './badge.js';
import { features } from './feature.js';
import { copyInvite, showInvite } from './invite.js';
import { session } from './session.js';

class People extends View {
  override render(): TemplateResult {
    const { peers, name, inputs } = this.state;
    return html`<div class="people">
      <p class="people-count">${t('people.count', { count: peers.length + 1 })}</p>
      ${features().map((feature) => feature.people?.() ?? nothing)}
      <ul>
        <li class="person">
          ${avatar(name, 'self')}
          <div class="person-name"><label class="visually-hidden" for="own-name">${t('prejoin.name')}</label>
            <input class="field bare" id="own-name" type="text" maxlength="64" placeholder=${t('prejoin.name.placeholder')} .value=${name}
              @change=${(event: Event) => session.setName((event.target as HTMLInputElement).value.trim())}>
            <span class="person-path">${t('people.you')}</span></div>
          ${features().map((feature) => feature.person?.(null) ?? nothing)}
          ${mediaIcons(inputs.microphone.on, inputs.camera.on)}
        </li>
        ${peers.map((peer) => renderPeer(peer))}
      </ul>
      <div class="people-invite">
        <button class="button" type="button" @click=${copyInvite}>${icon('copy')}${t('invite.copy')}</button>
        <button class="button" type="button" data-action="share" @click=${showInvite}>${icon('share')}${t('invite.share')}</button>
      </div>
    </div>`;
  }
}

function renderPeer(peer: PeerView): TemplateResult {
  const name = peer.name || t('tile.guest');
  const text = peer.connection === 'connected' ? `${pathName(peer.path)} · ${qualityName(peer.quality)}`
    : t(peer.connection === 'connecting' ? 'tile.connecting' : peer.connection === 'lost' ? 'tile.lost' : 'tile.reconnecting');
  return html`<li class="person">
    ${avatar(peer.name, peer.id)}
    <div class="person-name"><span>${name}</span>
      <button class="person-path" type="button" aria-label="${t('badge.with', { name })} ${text}"
        @click=${() => store.dispatch({ type: 'panel', panel: 'connection', peer: peer.id })}>${bars(peer.quality)}${text}</button></div>
    ${features().map((feature) => feature.person?.(peer) ?? nothing)}
    ${mediaIcons(peer.media.microphone, peer.media.camera)}
  </li>`;
}

function mediaIcons(microphone: boolean, camera: boolean): TemplateResult {
  return html`<span class="person-media">
    <span class=${microphone ? '' : 'off'}>${icon(microphone ? 'mic' : 'mic-off')}${microphone ? nothing : html`<span class="visually-hidden">${t('tile.muted')}</span>`}</span>
    <span class=${camera ? '' : 'off'}>${icon(camera ? 'camera' : 'camera-off')}${camera ? nothing : html`<span class="visually-hidden">${t('people.no-camera')}</span>`}</span>
  </span>`;
}

define('parley-people', People);
