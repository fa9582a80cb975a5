import { html, nothing, type TemplateResult } from 'lit';
import { currentLocale } from '../i18n/index.js';
import { icon } from '../ui/icons.js';
import { saveFile } from '../ui/save.js';
import { define, View } from '../ui/view.js';
import { renderPath, renderPairs, renderStats } from './connection.js';
import { renderEvents } from './events.js';
import type { OpenReport } from './model.js';
import './plots.js';
import './sdp.js';
import { t } from './texts.js';
import { span } from './time.js';
import { reportFile, chromiumFile } from './write.js';

const pageOfEvents = 200;

/** One open report. */
class Dump extends View {
  static override properties = { open: { attribute: false }, version: { attribute: false }, leave: { attribute: false } };
  declare open: OpenReport;
  declare version: number;
  declare leave: () => void;
  #shown: OpenReport | null = null;
  #connection: number | null = null;
  #filter = '';
  #events = pageOfEvents;

  protected override willUpdate(): void {
    if (this.#shown === this.open) return;
    // A live one that was asked for anew is still the same call.
    const same = this.#shown?.report.self === this.open.report.self && this.#shown.live !== 'no';
    this.#shown = this.open;
    if (same) return;
    this.#connection = this.open.report.connections[0]?.number ?? null;
    this.#filter = '';
    this.#events = pageOfEvents;
  }

  override render(): TemplateResult {
    const { open } = this;
    return html`<div class="dump" data-live=${open.live}>
      ${this.#renderBar()}
      ${this.#renderFacts()}
      ${this.#renderChoice()}
      ${this.#connection === null ? nothing : this.#renderConnection(this.#connection)}
      ${renderEvents(open, this.#connection, this.#filter, this.#events, {
        filter: (filter) => { this.#filter = filter; this.#events = pageOfEvents; this.requestUpdate(); },
        more: () => { this.#events += pageOfEvents; this.requestUpdate(); },
      })}
      ${this.#connection === null ? nothing : renderStats(open.course(this.#connection))}
    </div>`;
  }

  #renderBar(): TemplateResult {
    const { open } = this;
    const save = (file: { name: string; content: Blob }) => saveFile(file.name, file.content);
    return html`<div class="dump-bar">
      <button class="button small" type="button" data-action="close-report" @click=${this.leave}>${icon('back')}${t('close')}</button>
      <strong class="dump-name">${open.live === 'no' ? open.name : html`<span class="dump-live ${open.live}">${t(open.live === 'live' ? 'live' : 'live.ended')}</span>`}</strong>
      <button class="button small" type="button" data-action="save-open" @click=${() => save(reportFile(open.report))}>${icon('download')}${t('save')}</button>
      <button class="button small" type="button" data-action="save-chromium" @click=${() => save(chromiumFile(open.report))}>${icon('download')}${t('save.chromium')}</button>
    </div>`;
  }

  #renderFacts(): TemplateResult {
    const { report, endAtMs } = this.open;
    const names = [...new Set([report.self, ...Object.keys(report.people)])].filter((id) => id !== '');
    const fact = (name: string, value: string): TemplateResult => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    return html`<dl class="dump-facts">
      ${fact(t('fact.created'), new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(Date.parse(report.createdAt)))}
      ${fact(t('fact.length'), span(endAtMs - report.beganAtMs))}
      ${fact(t('fact.people'), names.map((id) => personName(this.open, id)).join(', ') || '–')}
      ${fact(t('fact.events'), String(report.events.length))}
      ${fact(t('fact.browser'), report.userAgent || '–')}
    </dl>
    ${report.redacted ? html`<p class="dump-note">${t('fact.redacted')}</p>` : nothing}
    ${report.eventsDropped > 0 ? html`<p class="dump-note">${t('fact.dropped', { count: report.eventsDropped })}</p>` : nothing}`;
  }

  #renderChoice(): TemplateResult {
    const { connections } = this.open.report;
    const choose = (number: number | null) => (): void => {
      this.#connection = number;
      this.#events = pageOfEvents;
      this.requestUpdate();
    };
    const choice = (number: number | null, label: string): TemplateResult => html`<button type="button" data-connection-number=${number ?? 'all'}
      aria-pressed=${this.#connection === number} @click=${choose(number)}>${label}</button>`;
    return html`<div class="dump-choice" role="group" aria-label=${t('connections')}>
      ${connections.map(({ number, peer }) => choice(number, `${number} · ${personName(this.open, peer)}`))}
      ${choice(null, t('connection.whole'))}
    </div>${connections.length === 0 ? html`<p class="internals-none">${t('connection.none')}</p>` : nothing}`;
  }

  #renderConnection(number: number): TemplateResult {
    const course = this.open.course(number);
    return html`${renderPath(this.open, number, course)}
      <parley-dump-plots .course=${course} .version=${this.version}></parley-dump-plots>
      ${renderPairs(course)}
      <parley-dump-sdp .open=${this.open} .connection=${number} .version=${this.version}></parley-dump-sdp>`;
  }
}

/** Without a name a number that stays the same within the report. */
function personName({ report }: OpenReport, id: string): string {
  if (id === report.self) return t('you');
  const name = report.people[id]?.name;
  if (name) return name;
  const ids = [...new Set([...Object.keys(report.people), ...report.connections.map(({ peer }) => peer)])].filter((peer) => peer !== report.self);
  return t('somebody', { number: ids.indexOf(id) + 1 });
}

define('parley-dump', Dump);
