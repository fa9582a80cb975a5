/** How a connection is said in a word and in a picture. */
import type { PathInfo, Quality } from '@parley/client';
import { html, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import type { State } from '../state.js';
import type { IconName } from '../ui/icons.js';

const ranks: readonly Quality[] = ['good', 'fair', 'poor', 'lost'];
const barCounts: Record<Quality, number> = { unknown: 0, good: 3, fair: 2, poor: 1, lost: 0 };

export function worstQuality({ peers }: Pick<State, 'peers'>): Quality {
  let worst: Quality = 'unknown';
  for (const { quality } of peers) {
    if (ranks.indexOf(quality) > ranks.indexOf(worst)) worst = quality;
  }
  return worst;
}

export function bars(quality: Quality): TemplateResult {
  const lit = barCounts[quality];
  return html`<span class="bars ${quality}" aria-hidden="true">${[1, 2, 3].map((n) => html`<i class=${n <= lit ? 'on' : ''}></i>`)}</span>`;
}

export function pathIcon({ kind }: PathInfo): IconName {
  return kind === 'relay' ? 'relay' : 'direct';
}

export function pathName({ kind, protocol }: PathInfo): string {
  if (kind === 'none') return t('path.none');
  if (kind === 'direct') return protocol === 'udp' ? t('path.direct') : t('path.direct.over', { protocol: protocol.toUpperCase() });
  return protocol === 'udp' ? t('path.relay') : t('path.relay.over', { protocol: protocol.toUpperCase() });
}

export function qualityName(quality: Quality): string {
  switch (quality) {
    case 'good': return t('quality.good');
    case 'fair': return t('quality.fair');
    case 'poor': return t('quality.poor');
    case 'lost': return t('quality.lost');
    case 'unknown': return t('quality.unknown');
  }
}
