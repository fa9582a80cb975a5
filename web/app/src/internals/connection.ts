/** How a connection went: its path, the candidate pairs, and what the statistics said last. */
import type { Stat } from '@parley/client/diagnostics';
import { html, nothing, type TemplateResult } from 'lit';
import { pathIcon, pathName } from '../call/badge.js';
import { candidateType } from '../call/connection-words.js';
import { currentLocale, formatNumber, t as core } from '../i18n/index.js';
import { icon } from '../ui/icons.js';
import type { ConnectionCourse } from './course.js';
import type { OpenReport } from './model.js';
import { t } from './texts.js';
import { span } from './time.js';

export function renderPath(open: OpenReport, number: number, { path }: ConnectionCourse): TemplateResult {
  const connection = open.connection(number);
  const states = open.events(number).filter(({ type }) => type === 'connectionstatechange');
  const lasted = connection ? (connection.endedAtMs ?? open.endAtMs) - connection.beganAtMs : 0;
  return html`<section class="dump-path ${path?.kind ?? 'none'}" aria-label=${t('path')} data-path=${path?.kind ?? 'none'}>
    <span class="dump-path-mark">${icon(path ? pathIcon(path) : 'direct')}</span>
    <div><p class="dump-path-title">${path ? pathName(path) : t('path.none')}</p>
      <p>${t('connection.state')}: ${String(states.at(-1)?.data ?? '–')} · ${t('connection.lasted')} ${span(lasted)}</p>
      ${path?.local && path.remote ? html`<p>${candidateType(path.local)} → ${candidateType(path.remote)}</p>` : nothing}</div>
  </section>`;
}

export function renderPairs(course: ConnectionCourse): TemplateResult {
  const pairs = course.pairs();
  return html`<section class="internals-part" aria-labelledby="pairs-title"><h2 id="pairs-title">${t('pairs')}</h2>
    ${pairs.length === 0 ? html`<p class="internals-none">${t('pairs.none')}</p>` : html`<div class="dump-scroll" tabindex="0" role="group" aria-labelledby="pairs-title"><table class="dump-pairs">
      <thead><tr><th scope="col">${t('pairs.here')}</th><th scope="col">${t('pairs.there')}</th><th scope="col">${t('pairs.state')}</th>
        <th scope="col">${core('stats.rtt')}</th><th scope="col">${t('pairs.sent')}</th><th scope="col">${t('pairs.received')}</th></tr></thead>
      <tbody>${pairs.map((pair) => html`<tr class=${pair.used ? 'used' : ''}>
        <td>${candidate(pair.local)}</td><td>${candidate(pair.remote)}</td>
        <td>${pair.state}${pair.used ? html`<span class="dump-used">${icon('check')}${t('pairs.used')}</span>` : nothing}</td>
        <td>${pair.rttMs === null ? '–' : core('unit.ms', { value: formatNumber(pair.rttMs, 1) })}</td>
        <td>${bytes(pair.sent)}</td><td>${bytes(pair.received)}</td></tr>`)}</tbody></table></div>`}
  </section>`;
}

function candidate(stat: Stat | undefined): TemplateResult {
  if (!stat) return html`–`;
  const address = String(stat['address'] ?? '…');
  return html`<code>${address.includes(':') ? `[${address}]` : address}:${String(stat['port'] ?? '')}</code>
    <span>${String(stat['candidateType'] ?? '')} ${String(stat['relayProtocol'] ?? stat['protocol'] ?? '')}</span>`;
}

function bytes(count: number): string {
  const [value, unit] = count >= 1e6 ? [count / 1e6, 'megabyte'] : count >= 1e3 ? [count / 1e3, 'kilobyte'] : [count, 'byte'];
  return new Intl.NumberFormat(currentLocale(), { style: 'unit', unit, maximumFractionDigits: 1 }).format(value);
}

export function renderStats({ last }: ConnectionCourse): TemplateResult | typeof nothing {
  if (last.size === 0) return nothing;
  const stats = [...last.values()].sort((a, b) => a.type.localeCompare(b.type) || a.id.localeCompare(b.id));
  return html`<section class="internals-part" aria-labelledby="stats-title"><h2 id="stats-title">${t('stats')}</h2>
    ${stats.map((stat) => html`<details class="dump-stat"><summary><code>${stat.type}</code> <span>${stat.id}</span></summary>
      <dl>${Object.entries(stat).filter(([name]) => !['id', 'type', 'timestamp'].includes(name)).map(([name, value]) => html`<div><dt>${name}</dt><dd>${String(value)}</dd></div>`)}</dl></details>`)}
  </section>`;
}
