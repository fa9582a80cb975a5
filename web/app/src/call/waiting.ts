import { html, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { copyInvite, inviteURL, showInvite } from './invite.js';

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
        <button class="button" type="button" data-action="share" @click=${showInvite}>${icon('share')}${t('invite.share')}</button>
      </div>
    </section>`;
  }
}

define('parley-waiting', Waiting);
