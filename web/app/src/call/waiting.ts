import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { canShare, copyInvite, inviteURL, shareInvite } from './invite.js';

/** Nobody else is here: the link to send. */
class Waiting extends View {
  override render(): TemplateResult {
    return html`<section class="waiting" aria-labelledby="waiting-title">
      <h2 id="waiting-title">${t('waiting.title')}</h2>
      <p>${t('waiting.text')}</p>
      <label class="visually-hidden" for="invite-link">${t('invite.link')}</label>
      <input class="field room-code" id="invite-link" type="text" readonly .value=${inviteURL()} @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()}>
      <div class="waiting-buttons">
        <button class="button primary" type="button" @click=${copyInvite}>${icon('copy')}${t('invite.copy')}</button>
        ${canShare ? html`<button class="button" type="button" @click=${shareInvite}>${icon('share')}${t('invite.share')}</button>` : nothing}
      </div>
    </section>`;
  }
}

define('parley-waiting', Waiting);
