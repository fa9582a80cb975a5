/** What is attached to the message being written, and the buttons that attach. */
import type { Offerable } from '@parley/client/files';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../../ui/icons.js';
import { files } from './files.js';
import { canPickFolder, chosen, pickFiles } from './pick.js';
import { t } from './texts.js';
import { size } from './units.js';

const shownMax = 20;

export function renderTray(): TemplateResult | null {
  const { staged } = files;
  if (staged.length === 0) return null;
  const bytes = staged.reduce((sum, item) => sum + fileOf(item).size, 0);
  return html`<section class="file-tray" aria-label=${t('attached')}>
    <ul>${staged.slice(0, shownMax).map((item) => html`<li>${icon('file')}<span><bdi>${fileOf(item).name}</bdi></span><small>${size(fileOf(item).size)}</small>
      <button class="icon-button small" type="button" aria-label=${t('detach', { name: fileOf(item).name })} title=${t('detach', { name: fileOf(item).name })} @click=${() => files.detach(item)}>${icon('close')}</button></li>`)}</ul>
    ${staged.length > 1 ? html`<p>${t('count', { count: staged.length })} · ${size(bytes)} <button class="link-button" type="button" data-action="detach-all" @click=${() => files.detachAll()}>${t('detach.all')}</button></p>` : nothing}
  </section>`;
}

export function renderTools(): TemplateResult {
  return html`<input type="file" multiple hidden data-files="any" aria-label=${t('attach')} @change=${(event: Event) => files.attach(chosen(event))}>
    <button class="icon-button" type="button" data-action="attach" aria-label=${t('attach')} title=${t('attach')} @click=${(event: Event) => void attach(event)}>${icon('clip')}</button>
    ${canPickFolder ? html`<input type="file" webkitdirectory hidden data-files="folder" aria-label=${t('attach.folder')} @change=${(event: Event) => files.attach(chosen(event))}>
      <button class="icon-button" type="button" data-action="attach-folder" aria-label=${t('attach.folder')} title=${t('attach.folder')} @click=${openFolder}>${icon('folder')}</button>` : nothing}`;
}

async function attach(event: Event): Promise<void> {
  const input = (event.currentTarget as HTMLElement).parentElement?.querySelector<HTMLInputElement>('[data-files="any"]');
  if (input) files.attach(await pickFiles(input));
}

function openFolder(event: Event): void {
  (event.currentTarget as HTMLElement).parentElement?.querySelector<HTMLInputElement>('[data-files="folder"]')?.click();
}

function fileOf(item: Offerable): File {
  return item instanceof File ? item : item.file;
}
