/** The list of what this browser has received and keeps. */
import type { Incoming } from '@parley/client/files';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../../ui/icons.js';
import { files } from './files.js';
import { percentOf, sumIncoming } from './summary.js';
import { t } from './texts.js';
import { percent, size } from './units.js';

export function renderKept(): TemplateResult {
  const kept = files.incoming.filter(({ state, target }) => target === 'store' && state !== 'offered' && state !== 'refused');
  return html`<div class="kept" data-kept=${kept.length}>
    <p class="panel-note">${t('kept.empty')}</p>
    ${files.room ? html`<p class="kept-room">${t('kept.room', { used: size(files.room.usedBytes), free: size(files.room.freeBytes) })}</p>` : nothing}
    ${kept.length === 0 ? nothing : html`<ul>${kept.map(renderFile)}</ul>
      <div class="dialog-buttons"><button class="button" type="button" data-action="delete-all" @click=${() => void files.remove(kept)}>${t('kept.delete-all')}</button></div>`}
  </div>`;
}

function renderFile(file: Incoming): TemplateResult {
  const sum = sumIncoming([file]);
  const state = file.state === 'done' ? size(file.bytes) : `${size(file.bytes)} · ${percent(percentOf(sum) / 100)}`;
  return html`<li><span class="file-icon">${icon('file')}</span><span class="kept-name"><bdi>${file.name}</bdi><small>${state}</small></span>
    ${file.state === 'done' ? html`<button class="icon-button small" type="button" aria-label=${t('kept.save', { name: file.name })} title=${t('save')} @click=${() => void files.save([file])}>${icon('download')}</button>` : nothing}
    <button class="icon-button small" type="button" aria-label=${t('kept.delete', { name: file.name })} title=${t('delete')} @click=${() => void files.remove([file])}>${icon('trash')}</button></li>`;
}
