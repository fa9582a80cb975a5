/** Asks before a recording: what, how and where to. And lists what lies in this browser. */
import { html, nothing, type TemplateResult } from 'lit';
import { store } from '../../store.js';
import { icon } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import { audioBps, formats, videoBps, type Format } from './formats.js';
import { keptList } from './kept-list.js';
import { canPickFile, recorder, type Choice } from './recorder.js';
import { sizeText } from './size.js';
import { t } from './texts.js';
import { nameOf, type What } from './view.js';

const heights = [720, 1080] as const;

class RecordDialog extends View {
  #what: What = 'call';
  #soundOnly = false;
  #height: number = heights[0];
  #mime = '';
  #toFile = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void recorder.lookAtKept();
  }

  override render(): TemplateResult {
    const { format } = this;
    if (!format) return html`<p class="dialog-lead">${t('unsupported')}</p>${keptList(recorder.kept, html`<h3 id="kept-title">${t('kept')}</h3>`)}`;
    const { peers } = this.state;
    const what = this.#what === 'call' || this.#what === 'self' || peers.some(({ id }) => id === this.#what) ? this.#what : 'call';
    return html`<form class="record" @submit=${(event: SubmitEvent) => this.#start(event, { what, soundOnly: this.#soundOnly, height: this.#height, format, toFile: this.#toFile })}>
      <p class="record-consent">${icon('people')}<span>${t('consent')}</span></p>
      ${select('what', t('what'), what, [['call', t('what.call')], ...peers.map(({ id, name }): [string, string] => [id, t('what.person', { name: nameOf(name) })]), ['self', t('what.you')]], (value) => { this.#what = value; this.requestUpdate(); })}
      <label class="setting-switch"><span>${t('sound-only')}</span>
        <input type="checkbox" role="switch" name="sound-only" .checked=${this.#soundOnly} @change=${(event: Event) => { this.#soundOnly = (event.target as HTMLInputElement).checked; this.requestUpdate(); }}></label>
      ${this.#soundOnly || what !== 'call' ? nothing
        : select('height', t('size'), String(this.#height), heights.map((height) => [String(height), `${height}p`]), (value) => { this.#height = Number(value); this.requestUpdate(); })}
      ${select('format', t('format'), format.mime, formats(this.#soundOnly).map((one) => [one.mime, t(one.words, { codecs: one.codecs })]), (value) => { this.#mime = value; this.requestUpdate(); })}
      ${canPickFile ? select('where', t('where'), this.#toFile ? 'file' : 'browser', [['browser', t('where.browser')], ['file', t('where.file')]], (value) => { this.#toFile = value === 'file'; this.requestUpdate(); }) : nothing}
      <p class="setting-note">${t(this.#toFile ? 'where.file.text' : 'where.browser.text')} ${t('rate', { size: sizeText(this.#bytesPerMinute(what)) })}</p>
      <div class="record-buttons"><button class="button" type="button" data-action="cancel" @click=${close}>${t('cancel')}</button>
        <button class="button danger" type="submit" data-action="record">${icon('record')}${t('start')}</button></div>
    </form>${keptList(recorder.kept, html`<h3 id="kept-title">${t('kept')}</h3>`)}`;
  }

  get format(): Format | undefined {
    const all = formats(this.#soundOnly);
    return all.find(({ mime }) => mime === this.#mime) ?? all[0];
  }

  #bytesPerMinute(what: What): number {
    const height = what === 'call' ? this.#height : heights[0];
    return (audioBps + (this.#soundOnly ? 0 : videoBps(height * 16 / 9, height))) * 60 / 8;
  }

  #start(event: SubmitEvent, choice: Choice): void {
    event.preventDefault();
    // The browser's own question about a file comes by this click, before anything else.
    void recorder.start(choice);
    close();
  }
}

function select(name: string, label: string, chosen: string, options: readonly (readonly [string, string])[], set: (value: string) => void): TemplateResult {
  return html`<div><label class="field-label" for="record-${name}">${label}</label>
    <span class="select plain"><select id="record-${name}" name="record-${name}" ?disabled=${options.length === 1} @change=${(event: Event) => set((event.target as HTMLSelectElement).value)}>
      ${options.map(([value, words]) => html`<option value=${value} .selected=${value === chosen}>${words}</option>`)}</select></span></div>`;
}

function close(): void {
  store.dispatch({ type: 'dialog', dialog: null });
}

define('parley-record', RecordDialog);
