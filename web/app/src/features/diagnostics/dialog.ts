import type { Diagnostics } from '@parley/client/diagnostics';
import { html, nothing, type TemplateResult } from 'lit';
import { reportFile } from '../../internals/write.js';
import { store } from '../../store.js';
import { icon } from '../../ui/icons.js';
import { saveFile } from '../../ui/save.js';
import { define, View } from '../../ui/view.js';
import { t } from './texts.js';

/** Asks what is to be in the report, and saves it. */
class ReportForm extends View {
  static override properties = { diagnostics: { attribute: false } };
  declare diagnostics: Diagnostics | null;
  #redact = false;
  #failed = false;

  override render(): TemplateResult {
    return html`<p class="dialog-lead">${t('lead')}</p>
      <p class="report-note">${t('without')}</p>
      <label class="report-choice"><input type="checkbox" name="redact" .checked=${this.#redact} @change=${(event: Event) => {
        this.#redact = (event.target as HTMLInputElement).checked;
      }}><span>${t('redact')}</span></label>
      ${this.#failed ? html`<p class="report-note" role="alert">${t('failed')}</p>` : nothing}
      <div class="dialog-buttons">
        <button class="button primary" type="button" data-action="save-diagnostics" @click=${() => this.#save()}>${icon('download')}${t('save')}</button>
        <a class="button" href="/internals" target="_blank" rel="noopener" data-action="watch">${t('live')}</a>
      </div>`;
  }

  #save(): void {
    if (!this.diagnostics) return;
    try {
      const { name, content } = reportFile(this.diagnostics.export({ redact: this.#redact }));
      saveFile(name, content);
      store.dispatch({ type: 'dialog', dialog: null });
    } catch {
      // A browser may refuse a string of this size.
      this.#failed = true;
      this.requestUpdate();
    }
  }
}

export function reportDialog(diagnostics: Diagnostics | null): TemplateResult {
  return html`<parley-report-form .diagnostics=${diagnostics}></parley-report-form>`;
}

define('parley-report-form', ReportForm);
