/** Recordings that lie in this browser: to be saved, or deleted. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { formatDay, formatTime } from '../../i18n/index.js';
import { icon } from '../../ui/icons.js';
import type { Kept } from './kept.js';
import { recorder } from './recorder.js';
import { sizeText } from './size.js';
import { t } from './texts.js';

/** The one whose deletion was asked for once: the second click does it. */
let doubted = '';

/** `heading` stands above it, with the id 'kept-title'. */
export function keptList(all: readonly Kept[], heading: TemplateResult): TemplateResult | null {
  if (all.length === 0) return null;
  return html`<section class="kept" aria-labelledby="kept-title" data-kept=${all.length}>
    ${heading}
    <ul>${repeat(all, ({ name }) => name, renderKept)}</ul>
    <p class="setting-note">${t('kept.text')}</p>
  </section>`;
}

function renderKept({ name, bytes, endedMs, saved }: Kept): TemplateResult {
  const sure = doubted === name;
  const [remove, removeLabel] = sure ? [t('kept.delete.sure'), t('kept.delete.sure.name', { name })] : [t('kept.delete'), t('kept.delete.name', { name })];
  return html`<li data-recording=${name}>
    <div class="kept-file">${icon('file')}<div><strong>${name}</strong>
      <span>${sizeText(bytes)} · ${formatDay(endedMs, Date.now())}, ${formatTime(endedMs)}${saved ? html` · ${t('kept.saved')}` : nothing}</span></div></div>
    <div class="kept-acts"><button class="button small ${sure ? 'danger' : ''}" type="button" data-action="delete" aria-label=${removeLabel} @click=${() => onDelete(name)}>${icon('trash')}${remove}</button>
      <button class="button small" type="button" data-action="save" aria-label=${t('kept.save.name', { name })} @click=${() => void recorder.save(name)}>${icon('download')}${t('kept.save')}</button></div>
  </li>`;
}

function onDelete(name: string): void {
  if (doubted === name) {
    doubted = '';
    void recorder.remove(name);
    return;
  }
  doubted = name;
  recorder.redraw();
}
