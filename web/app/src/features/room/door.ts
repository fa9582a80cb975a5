/** The door of a room that has more than a handle: a password, a host who lets people in, and what to say to those who stay outside. */
import type { EndReason } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import type { NoticeView } from '../../call/feature.js';
import { session } from '../../call/session.js';
import { dropInvite } from '../../keys.js';
import { store } from '../../store.js';
import { icon } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import { passwordMax } from './room.js';
import { t } from './texts.js';

/** Asks for the password, and takes the focus whenever it asks. */
class PasswordField extends View {
  #asked = '';
  #visible = false;

  override updated(): void {
    const { password, phase } = this.state;
    const asked = phase === 'prejoin' ? password : '';
    if (asked !== this.#asked && asked !== '') this.querySelector<HTMLInputElement>('#password')?.select();
    this.#asked = asked;
  }

  override render(): TemplateResult {
    const wrong = this.state.password === 'wrong' && this.state.phase === 'prejoin';
    return html`<label class="field-label" for="password">${t('door.password')}</label>
      <input class="field" id="password" name="password" type=${this.#visible ? 'text' : 'password'} autocomplete="off" maxlength=${passwordMax} required
        aria-invalid=${wrong ? 'true' : 'false'} aria-describedby="password-text">
      <p class=${wrong ? 'field-error' : 'field-hint'} id="password-text" role="status">${t(wrong ? 'door.password.wrong' : 'door.password.wanted')}</p>
      <label class="check"><input type="checkbox" .checked=${this.#visible} @change=${(event: Event) => this.#show((event.target as HTMLInputElement).checked)}>
        <span>${t('door.password.show')}</span></label>`;
  }

  #show(visible: boolean): void {
    this.#visible = visible;
    this.requestUpdate();
  }
}

/** Before a host has let the person in. */
class WaitingRoom extends View {
  override firstUpdated(): void {
    this.querySelector('h1')?.focus();
  }

  override render(): TemplateResult {
    const { route } = this.state;
    return html`<span class="lobby-mark" aria-hidden="true">${icon('door')}</span>
      <h1 tabindex="-1">${t('door.waiting')}</h1>
      ${route.page === 'room' ? html`<p class="room-line">${icon('link')}<span class="room-code">${route.room}</span></p>` : nothing}
      <p class="lobby-text">${t('door.waiting.text')}</p>
      <button class="button" type="button" data-action="stop-waiting" @click=${() => session.stopWaiting()}>${t('door.cancel')}</button>`;
  }
}

export function entry(): TemplateResult | null {
  return store.state.password === 'none' ? null : html`<parley-password></parley-password>`;
}

export function waiting(): TemplateResult {
  return html`<parley-lobby></parley-lobby>`;
}

export function notice(reason: EndReason): NoticeView | null {
  const rejoin = (): void => session.rejoin();
  switch (reason) {
    case 'locked': return { icon: 'lock', title: t('end.locked'), text: t('end.locked.text'), again: { label: t('end.again'), act: rejoin } };
    case 'denied': return { icon: 'door', title: t('end.denied'), text: t('end.denied.text'), again: { label: t('end.denied.again'), act: rejoin } };
    case 'invite-required': return { icon: 'mail', title: t('end.invited'), text: t('end.invited.text'), again: { label: t('end.again'), act: rejoin } };
    case 'invite-expired': return { icon: 'clock', title: t('end.expired'), text: t('end.expired.text'), again: { label: t('end.expired.again'), act: withoutInvite } };
    case 'rate-limited': return { icon: 'clock', title: t('end.often'), text: t('end.often.text'), again: { label: t('end.again'), act: rejoin } };
    case 'removed': return { icon: 'leave', bad: true, title: t('end.removed'), text: t('end.removed.text') };
    case 'ended': return { icon: 'leave', title: t('end.ended'), text: t('end.ended.text') };
    default: return null;
  }
}

function withoutInvite(): void {
  dropInvite();
  session.rejoin();
}

define('parley-password', PasswordField);
define('parley-lobby', WaitingRoom);
