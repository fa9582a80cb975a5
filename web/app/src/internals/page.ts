import { html, nothing, type TemplateResult } from 'lit';
import { formatTime } from '../i18n/index.js';
import { icon } from '../ui/icons.js';
import { loadStyle } from '../ui/style.js';
import { define, View } from '../ui/view.js';
import '../ui/header.js';
import { LiveCalls } from './live.js';
import { OpenReport } from './model.js';
import { bytesMax, readFile } from './read.js';
import { BadDump } from './shape.js';
import { t } from './texts.js';
import './viewer.js';

/** /internals: opens a diagnostic report, or watches the call of another tab. */
class InternalsPage extends View {
  #open: OpenReport | null = null;
  #bad: BadDump | null = null;
  #reading = false;
  #dragging = false;
  #live: LiveCalls | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#live = new LiveCalls(() => this.requestUpdate());
    addEventListener('dragover', this.#drag);
    addEventListener('dragleave', this.#drag);
    addEventListener('drop', this.#drop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#live?.close();
    removeEventListener('dragover', this.#drag);
    removeEventListener('dragleave', this.#drag);
    removeEventListener('drop', this.#drop);
  }

  override render(): TemplateResult {
    this.title = `${t('title')} · Parley`;
    return html`<parley-header></parley-header>
      <main class="internals" id="main">
        <h1>${t('title')}</h1>
        ${this.#open
          ? html`<parley-dump .open=${this.#open} .version=${performance.now()} .leave=${() => this.#close()}></parley-dump>`
          : html`<p class="internals-lead">${t('lead')}</p>${this.#renderDrop()}${this.#renderTabs()}`}
        ${this.#dragging ? html`<div class="internals-dropping" aria-hidden="true">${icon('file')}<span>${t('open.drop')}</span></div>` : nothing}
      </main>`;
  }

  #renderDrop(): TemplateResult {
    return html`<section class="internals-drop">
      <label class="button primary" aria-busy=${this.#reading}>${icon('folder')}${t('open')}
        <input class="visually-hidden" type="file" name="report" accept=".json,.txt,.gz,application/json,text/plain,application/gzip" @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          const file = input.files?.[0];
          input.value = '';
          if (file) void this.#read(file);
        }}></label>
      <p>${t('open.hint')}</p>
      ${this.#bad ? html`<p class="internals-bad" role="alert">${icon('warning')}<span>${badText(this.#bad)}</span></p>` : nothing}
    </section>`;
  }

  #renderTabs(): TemplateResult {
    const offers = this.#live?.offers ?? [];
    return html`<section class="internals-part" aria-labelledby="tabs-title"><h2 id="tabs-title">${t('tabs')}</h2>
      ${offers.length === 0 ? html`<p class="internals-none">${t('tabs.none')}</p>` : html`<ul class="internals-tabs">${offers.map((offer) => html`<li>
        <span><strong>${offer.people.length > 0 ? t('tabs.with', { names: offer.people.map((name) => name || '…').join(', ') }) : t('tabs.alone')}</strong>
        <span>${t('tabs.since', { time: formatTime(offer.beganAtMs) })}</span></span>
        <button class="button small" type="button" data-action="watch-call" @click=${() => this.#watch(offer.call)}>${icon('play')}${t('tabs.watch')}</button></li>`)}</ul>`}
    </section>`;
  }

  #watch(call: string): void {
    this.#live?.watch(call, (report) => this.#show(report));
  }

  #show(open: OpenReport): void {
    this.#open = open;
    this.#bad = null;
    this.requestUpdate();
  }

  #close(): void {
    this.#live?.unwatch();
    this.#open = null;
    this.requestUpdate();
  }

  async #read(file: File): Promise<void> {
    this.#reading = true;
    this.#bad = null;
    this.requestUpdate();
    try {
      this.#live?.unwatch();
      this.#show(new OpenReport(await readFile(file), file.name));
    } catch (error) {
      this.#open = null;
      this.#bad = error instanceof BadDump ? error : new BadDump('unread');
    }
    this.#reading = false;
    this.requestUpdate();
  }

  readonly #drag = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    // Leaving for a child of the page is not leaving the page.
    this.#dragging = event.type === 'dragover' || event.relatedTarget !== null;
    this.requestUpdate();
  };

  readonly #drop = (event: DragEvent): void => {
    const file = event.dataTransfer?.files[0];
    this.#dragging = false;
    this.requestUpdate();
    if (!file) return;
    event.preventDefault();
    void this.#read(file);
  };
}

function badText({ reason, detail }: BadDump): string {
  switch (reason) {
    case 'large': return t('bad.large', { size: bytesMax >> 20 });
    case 'json': return t('bad.json');
    case 'unknown': return t('bad.unknown');
    case 'newer': return t('bad.newer', { format: detail });
    case 'damaged': return t('bad.damaged', { place: detail });
    case 'unread': return t('bad.unread');
  }
}

await loadStyle('internals/style.css');
define('parley-internals', InternalsPage);
