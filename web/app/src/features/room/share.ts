/** How others get here: the room's link, or an invite that ends; to copy, to send, to point a phone at. */
import { html, nothing, type TemplateResult } from 'lit';
import { copyText, inviteURL } from '../../call/invite.js';
import { currentLocale } from '../../i18n/index.js';
import { icon } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import type { QRCode } from './qr.js';
import { room } from './room.js';
import { t } from './texts.js';

const hourS = 3600;
const dayS = 24 * hourS;

class Share extends View {
  /** Seconds; 0 is the room's own link. */
  #validS = 0;
  #link = '';
  #expiresAtMs = 0;
  #busy = false;
  #choices = 0;
  #failed = false;
  #code: QRCode | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    const { settings, host } = room;
    void this.#choose(host && settings.access === 'invited' ? dayS : 0);
  }

  override render(): TemplateResult {
    return html`<div class="share-body" data-valid=${this.#validS} aria-busy=${this.#busy}>
      ${room.host ? this.#renderValid() : nothing}
      <label class="field-label" for="share-link">${t('share.link')}</label>
      <div class="field-row">
        <input class="field" id="share-link" type="text" readonly .value=${this.#link} aria-describedby="share-allows"
          @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()}>
        <button class="button primary" type="button" data-action="copy" ?disabled=${this.#busy} @click=${() => copyText(this.#link)}>${icon('copy')}${t('share.copy')}</button>
      </div>
      <p class=${this.#failed ? 'field-error' : 'share-allows'} id="share-allows" role="status">${this.#failed ? t('share.failed') : this.#allows()}</p>
      <div class="share-code">
        ${this.#code ? html`<svg class="qr" viewBox="0 0 ${this.#code.size} ${this.#code.size}" role="img" aria-label=${t('share.qr')} shape-rendering="crispEdges"><path d=${this.#code.path}></path></svg>
          <p>${t('share.qr.hint')}</p>` : nothing}
      </div>
      <div class="share-ways">
        <a class="button" data-action="mail" href=${this.#mail()}>${icon('mail')}${t('share.mail')}</a>
        ${'share' in navigator ? html`<button class="button" type="button" data-action="sheet" @click=${() => this.#sheet()}>${icon('share')}${t('share.sheet')}</button>` : nothing}
      </div>
    </div>`;
  }

  #renderValid(): TemplateResult {
    const choices: [number, string][] = [
      [0, t('share.valid.always')], [hourS, t('share.valid.hour')], [dayS, t('share.valid.day')],
      [7 * dayS, t('share.valid.week')], [30 * dayS, t('share.valid.month')],
    ];
    return html`<label class="field-label" for="share-valid">${t('share.valid')}</label>
      <div class="select share-valid">${icon('clock')}<select id="share-valid" name="valid" @change=${(event: Event) => void this.#choose(Number((event.target as HTMLSelectElement).value))}>
        ${choices.map(([seconds, label]) => html`<option value=${seconds} ?selected=${seconds === this.#validS}>${label}</option>`)}</select></div>`;
  }

  async #choose(validS: number): Promise<void> {
    const choice = ++this.#choices;
    this.#validS = validS;
    this.#failed = false;
    this.#busy = validS > 0;
    this.requestUpdate();
    const made = validS > 0 ? await room.invite(validS).catch(() => null) : null;
    if (choice !== this.#choices) return;
    this.#busy = false;
    this.#failed = validS > 0 && made === null;
    // What is chosen is what the link is.
    if (!made) this.#validS = 0;
    this.#link = `${inviteURL()}${made ? `#invite=${made.invite}` : ''}`;
    this.#expiresAtMs = made?.expiresAtMs ?? 0;
    this.requestUpdate();
    const { codeOf } = await import('./qr.js');
    this.#code = codeOf(this.#link);
    this.requestUpdate();
  }

  #allows(): string {
    const { locked, lobby, access, password } = room.settings;
    if (locked) return t('share.allows.locked');
    if (this.#expiresAtMs > 0) return t('share.allows.invite', { time: formatMoment(this.#expiresAtMs) });
    if (access === 'invited' && !lobby) return t('share.allows.nobody');
    if (password && lobby) return t('share.allows.password-lobby');
    if (lobby) return t('share.allows.lobby');
    return t(password ? 'share.allows.password' : 'share.allows.open');
  }

  #mail(): string {
    return `mailto:?subject=${encodeURIComponent(t('share.subject'))}&body=${encodeURIComponent(t('share.body', { link: this.#link }))}`;
  }

  async #sheet(): Promise<void> {
    try {
      await navigator.share({ title: 'Parley', text: t('share.subject'), url: this.#link });
    } catch (error) {
      // Closing the sheet is no failure.
      if (!(error instanceof DOMException && error.name === 'AbortError')) await copyText(this.#link);
    }
  }
}

function formatMoment(atMs: number): string {
  return new Intl.DateTimeFormat(currentLocale(), { day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit' }).format(atMs);
}

define('parley-share', Share);
