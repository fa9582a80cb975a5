import { html, nothing, type TemplateResult } from 'lit';
import { formatNumber, t as core } from '../i18n/index.js';
import { define, View } from '../ui/view.js';
import { diffLines, fold, linesOf, type DiffLine } from './diff.js';
import type { Description, OpenReport } from './model.js';
import { t } from './texts.js';

/** The descriptions of a connection, each against the one before it of the same side. */
class DumpSDP extends View {
  static override properties = { open: { attribute: false }, connection: { attribute: false }, version: { attribute: false } };
  declare open: OpenReport;
  declare connection: number;
  declare version: number;
  #chosen = 0;
  #whole = true;
  #of: number | null = null;

  protected override willUpdate(): void {
    if (this.#of === this.connection) return;
    this.#of = this.connection;
    this.#chosen = 0;
    this.#whole = true;
  }

  override render(): TemplateResult {
    const all = this.open.descriptions(this.connection);
    const current = all[Math.min(this.#chosen, all.length - 1)];
    return html`<section class="internals-part" aria-labelledby="sdp-title"><h2 id="sdp-title">${t('sdp')}</h2>
      ${current ? this.#renderDescription(all, current) : html`<p class="internals-none">${t('sdp.none')}</p>`}</section>`;
  }

  #renderDescription(all: readonly Description[], current: Description): TemplateResult {
    const before = all.slice(0, all.indexOf(current)).findLast(({ side }) => side === current.side);
    const mode = (whole: boolean, label: string): TemplateResult => html`<button type="button" aria-pressed=${this.#whole === whole} @click=${() => {
      this.#whole = whole;
      this.requestUpdate();
    }}>${label}</button>`;
    return html`<div class="dump-sdp-tools">
        <label><span class="visually-hidden">${t('sdp.choose')}</span><select class="field" name="description" @change=${(event: Event) => {
          this.#chosen = (event.target as HTMLSelectElement).selectedIndex;
          this.requestUpdate();
        }}>${all.map((description, n) => html`<option ?selected=${description === current}>${this.#label(description, n)}</option>`)}</select></label>
        <div class="dump-choice" role="group" aria-label=${t('sdp')}>${mode(true, t('sdp.whole'))}${mode(false, t('sdp.changes'))}</div>
      </div>
      ${this.#whole ? renderLines(linesOf(current.sdp).map((line) => ({ sign: ' ', line })), true) : before ? renderDiff(before, current) : html`<p class="internals-none">${t('sdp.first')}</p>`}`;
  }

  #label({ event, side, type }: Description, n: number): string {
    const time = core('unit.s', { value: formatNumber((event.atMs - this.open.report.beganAtMs) / 1000, 1) });
    return `${n + 1}. ${type}, ${t(side === 'local' ? 'sdp.local' : 'sdp.remote')}, ${time}`;
  }
}

function renderDiff(before: Description, current: Description): TemplateResult {
  const lines = diffLines(before.sdp, current.sdp);
  return lines.some(({ sign }) => sign !== ' ') ? renderLines(fold(lines)) : html`<p class="internals-none">${t('sdp.same')}</p>`;
}

function renderLines(lines: readonly (DiffLine | { equal: number })[], whole = false): TemplateResult {
  const said = { ' ': nothing, '+': html`<span class="visually-hidden">${t('sdp.added')}: </span>`, '-': html`<span class="visually-hidden">${t('sdp.removed')}: </span>` };
  return html`<ol class="dump-lines ${whole ? 'whole' : ''}" tabindex="0" aria-labelledby="sdp-title">${lines.map((entry) => ('equal' in entry
    ? html`<li class="equal">${t('sdp.equal', { count: entry.equal })}</li>`
    : html`<li class=${entry.sign === '+' ? 'added' : entry.sign === '-' ? 'removed' : entry.line.startsWith('m=') ? 'media' : ''}>${said[entry.sign]}<code>${entry.line}</code></li>`))}</ol>`;
}

define('parley-dump-sdp', DumpSDP);
