/** The connection test, opened at the door of a room. */
import { html, nothing, type TemplateResult } from 'lit';
import { register } from '../../call/feature.js';
import { icon } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import { t } from './texts.js';

class CheckDoor extends View {
  #open = false;
  #loading = false;
  #failed = false;

  override updated(): void {
    const dialog = this.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  override render(): TemplateResult {
    const close = (): void => this.#show(false);
    return html`<button class="button quiet small" type="button" data-action="check" aria-busy=${this.#loading} @click=${() => void this.#start()}>${icon('direct')}${t('open')}</button>
      ${this.#failed ? html`<p class="prejoin-note" role="alert">${t('failed')}</p>` : nothing}
      ${this.#open ? html`<dialog class="check-dialog" aria-labelledby="check-title" @close=${close} @click=${(event: MouseEvent) => { if (event.target === event.currentTarget) close(); }}>
        <header class="panel-header"><h2 id="check-title">${t('open')}</h2>
          <button class="icon-button" type="button" aria-label=${t('close')} title="${t('close')} (Esc)" @click=${close}>${icon('close')}</button></header>
        <parley-check-run></parley-check-run>
      </dialog>` : nothing}`;
  }

  async #start(): Promise<void> {
    this.#loading = true;
    this.#failed = false;
    this.requestUpdate();
    try {
      await import('../../check/run.js');
      this.#open = true;
    } catch {
      this.#failed = true;
    }
    this.#loading = false;
    this.requestUpdate();
  }

  #show(open: boolean): void {
    this.#open = open;
    this.requestUpdate();
    if (!open) void this.updateComplete.then(() => this.querySelector<HTMLElement>('[data-action="check"]')?.focus());
  }
}

define('parley-check-door', CheckDoor);
register({ order: 90, door: () => html`<parley-check-door></parley-check-door>` });
