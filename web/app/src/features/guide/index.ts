/** Pictures of where to allow a device, beside the steps in words. */
import { html, nothing, type TemplateResult } from 'lit';
import { register, type HelpView } from '../../call/feature.js';
import { browserOf, systemOf, type Browser, type System } from '../../call/problems.js';
import { drawing, type Picture } from './pictures.js';
import { t } from './texts.js';

const alts = {
  chrome: 'alt.chrome', edge: 'alt.edge', firefox: 'alt.firefox', safari: 'alt.safari', android: 'alt.android', ios: 'alt.ios',
  'windows-settings': 'alt.windows-settings', 'macos-settings': 'alt.macos-settings', 'android-settings': 'alt.android-settings', 'ios-settings': 'alt.ios-settings',
} as const;
const ways = {
  windows: ['windows-settings', 'steps.windows'], macos: ['macos-settings', 'steps.macos'],
  android: ['android-settings', 'steps.android'], ios: ['ios-settings', 'steps.ios'], linux: null,
} as const;

function figure(picture: Picture): TemplateResult {
  return html`<div class="guide" role="img" aria-label=${t(alts[picture])} data-guide=${picture}>${drawing(picture)}</div>`;
}

function system(of: System): TemplateResult | typeof nothing {
  const way = ways[of];
  if (!way) return nothing;
  return html`${figure(way[0])}<ol class="help-steps">${t(way[1]).split('\n').map((line) => html`<li>${line}</li>`)}</ol>`;
}

function help(browser: Browser, of: System): HelpView {
  return { picture: figure(browser), more: ways[of] ? html`<details class="guide-more"><summary>${t('still')}</summary>${system(of)}</details>` : nothing };
}

register({
  order: 5,
  help(code) {
    const { userAgent, maxTouchPoints } = navigator;
    if (code === 'permission-denied' || code === 'permission-dismissed') return help(browserOf(userAgent, maxTouchPoints), systemOf(userAgent, maxTouchPoints));
    return code === 'system-denied' ? { picture: system(systemOf(userAgent, maxTouchPoints)), more: nothing } : null;
  },
});
