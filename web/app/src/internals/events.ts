/** What happened, one line each. */
import type { DiagnosticEvent } from '@parley/client/diagnostics';
import { html, nothing, type TemplateResult } from 'lit';
import { formatNumber, t as core } from '../i18n/index.js';
import type { OpenReport } from './model.js';
import { t } from './texts.js';

const briefMax = 140;

interface Acts { filter: (text: string) => void; more: () => void }

export function renderEvents(open: OpenReport, connection: number | null, filter: string, shown: number, acts: Acts): TemplateResult {
  const wanted = filter.trim().toLowerCase();
  const events = open.events(connection).filter((event) => wanted === '' || `${event.type} ${brief(event)}`.toLowerCase().includes(wanted));
  const left = events.length - shown;
  return html`<section class="internals-part" aria-labelledby="events-title" data-events=${events.length}>
    <div class="dump-head"><h2 id="events-title">${t('events')}</h2>
      <label class="dump-filter"><span>${t('events.filter')}</span><input class="field" type="search" name="filter" .value=${filter}
        @input=${(event: Event) => acts.filter((event.target as HTMLInputElement).value)}></label></div>
    ${events.length === 0 ? html`<p class="internals-none">${t('events.none')}</p>` : html`<ol class="dump-events">${
      events.slice(0, shown).map((event) => renderEvent(event, open, connection === null))}</ol>`}
    ${left > 0 ? html`<button class="button small" type="button" @click=${acts.more}>${t('events.more', { count: Math.min(left, 200) })}</button>` : nothing}
  </section>`;
}

function renderEvent(event: DiagnosticEvent, { report }: OpenReport, whole: boolean): TemplateResult {
  const time = core('unit.s', { value: formatNumber((event.atMs - report.beganAtMs) / 1000, 3) });
  const head = html`<time title=${new Date(event.atMs).toISOString()}>${time}</time>
    ${whole ? html`<span class="dump-number">${event.connection ?? nothing}</span>` : nothing}<code class=${isBad(event) ? 'bad' : ''}>${event.type}</code><span class="dump-brief">${brief(event)}</span>`;
  if (event.data === undefined || typeof event.data !== 'object' || event.data === null) return html`<li class="dump-event" data-event=${event.type}>${head}</li>`;
  return html`<li data-event=${event.type}><details><summary class="dump-event">${head}</summary><pre tabindex="0">${written(event.data)}</pre></details></li>`;
}

/** Of its data as much as fits on a line. */
export function brief({ data, peer, connection }: DiagnosticEvent): string {
  if (data === undefined || data === null) return connection === undefined ? peer ?? '' : '';
  if (typeof data !== 'object') return String(data).slice(0, briefMax);
  const { type, sdp, candidate } = data as Record<string, unknown>;
  if (typeof sdp === 'string') return String(type);
  if (typeof candidate === 'string') {
    const words = candidate.split(' ');
    return candidate === '' ? '' : `${words[7] ?? ''} ${words[2] ?? ''} ${words[4] ?? ''}:${words[5] ?? ''}`;
  }
  const text = Object.entries(data).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ');
  return text.length > briefMax ? `${text.slice(0, briefMax)}…` : text;
}

function written(data: object): string {
  const { sdp } = data as { sdp?: unknown };
  if (typeof sdp === 'string') return sdp.trim();
  return JSON.stringify(data, null, 2);
}

function isBad({ type, data }: DiagnosticEvent): boolean {
  return type === 'error' || type.endsWith('.failed') || data === 'failed';
}
