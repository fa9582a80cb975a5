/** What the badge of a connection stands for, as docs/quality.md says it. */
import { QUALITY_LIMITS } from '@parley/client';
import { html, type TemplateResult } from 'lit';
import { bars, qualityName } from '../../call/badge.js';
import { formatNumber, t as core } from '../../i18n/index.js';
import { t } from './texts.js';

export function qualityMeaning(): TemplateResult {
  const below = ({ lossFraction, rttMs, jitterMs }: { lossFraction: number; rttMs: number; jitterMs: number }): TemplateResult => {
    const cells = [core('unit.percent', { value: formatNumber(lossFraction * 100) }), core('unit.ms', { value: formatNumber(rttMs) }), core('unit.ms', { value: formatNumber(jitterMs) })];
    return html`${cells.map((value) => html`<td>${t('quality.below', { value: value.replace(' ', '\u00a0') })}</td>`)}`;
  };
  return html`<details class="quality-meaning">
    <summary>${t('quality.open')}</summary>
    <p>${t('quality.lead')}</p>
    <table>
      <thead><tr><td></td><th scope="col">${core('stats.loss')}</th><th scope="col">${core('stats.rtt')}</th><th scope="col">${core('stats.jitter')}</th></tr></thead>
      ${(['good', 'fair'] as const).map((quality) => html`<tbody>
        <tr><th scope="row">${bars(quality)}${qualityName(quality)}</th>${below(QUALITY_LIMITS[quality])}</tr>
        <tr><td colspan="4">${t(quality === 'good' ? 'quality.good' : 'quality.fair')}</td></tr></tbody>`)}
      <tbody><tr><th scope="row">${bars('poor')}${qualityName('poor')}</th><td colspan="3">${t('quality.more')}</td></tr>
        <tr><td colspan="4">${t('quality.poor')}</td></tr></tbody>
    </table>
  </details>`;
}
