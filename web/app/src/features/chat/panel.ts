import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { formatDay, t as core } from '../../i18n/index.js';
import { icon } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import { cardSources, type Card } from './cards.js';
import { chat } from './chat.js';
import { isTogether, nameIn, quoteOf, renderEntry, type EntryHost } from './entry.js';
import type { Entry } from './log.js';
import { textMax } from './message.js';
import { t } from './texts.js';

type Row = { key: string; atMs: number; entry?: Entry; card?: Card };

class ChatPanel extends View implements EntryHost {
  #atEnd = true;
  #shownRows = 0;
  current: string | null = null;
  readonly unfolded = new Set<string>();

  override firstUpdated(): void {
    // A phone's keyboard would cover what there is to read.
    if (!matchMedia('(pointer: coarse)').matches) this.write();
    const divider = this.querySelector<HTMLElement>('.chat-divider.new');
    const log = this.querySelector('.chat-log');
    if (divider && log) log.scrollTop = divider.offsetTop - log.clientHeight / 3;
    this.#onScroll();
  }

  override updated(): void {
    const log = this.querySelector('.chat-log');
    if (log && this.#atEnd) log.scrollTop = log.scrollHeight;
    const field = this.querySelector('textarea');
    if (field) grow(field);
  }

  override render(): TemplateResult {
    const rows = this.#rows();
    const grew = rows.length > this.#shownRows;
    this.#shownRows = rows.length;
    return html`<div class="chat-log" role="log" tabindex="0" aria-label=${t('title')} @scroll=${() => this.#onScroll()}
        @keydown=${(event: KeyboardEvent) => this.#onLogKey(event)} @focusin=${(event: FocusEvent) => this.#onFocus(event)} @click=${(event: Event) => this.#onFocus(event)}>
        ${rows.length === 0 ? html`<p class="panel-empty">${icon('chat')}<span>${t('empty')}</span></p>` : nothing}
        ${repeat(rows, ({ key }) => key, (row, index) => this.#renderRow(row, rows[index - 1], grew))}
      </div>
      ${this.#atEnd ? nothing : html`<button class="button small chat-latest" type="button" @click=${() => this.#toEnd()}>${icon('down')}${t('latest')}</button>`}
      ${this.#renderForm()}`;
  }

  fold(key: string): void {
    if (!this.unfolded.delete(key)) this.unfolded.add(key);
    this.requestUpdate();
  }

  jump(key: string): void {
    const entry = this.#element(key);
    if (!entry) return;
    entry.scrollIntoView({ block: 'center' });
    entry.focus({ preventScroll: true });
    entry.classList.add('found');
    entry.addEventListener('animationend', () => entry.classList.remove('found'), { once: true });
  }

  write(): void {
    void this.updateComplete.then(() => {
      const field = this.querySelector('textarea');
      field?.focus();
      field?.setSelectionRange(field.value.length, field.value.length);
    });
  }

  /** Messages and cards by time; a message keeps its place among the messages. */
  #rows(): Row[] {
    const cards = cardSources().flatMap((source) => source.cards()).map((card): Row => ({ key: card.key, atMs: card.atMs, card }));
    const entries = chat.entries.map((entry): Row => ({ key: entry.key, atMs: entry.atMs, entry }));
    return cards.length === 0 ? entries : [...entries, ...cards].sort((a, b) => a.atMs - b.atMs);
  }

  #renderRow(row: Row, before: Row | undefined, grew: boolean): TemplateResult {
    const { entry, card } = row;
    const isNew = chat.newFrom === row.key;
    const nowMs = Date.now();
    const day = formatDay(row.atMs, nowMs);
    const otherDay = before ? formatDay(before.atMs, nowMs) !== day : new Date(row.atMs).toDateString() !== new Date(nowMs).toDateString();
    const dividers = [
      ...(entry?.earlier && !before?.entry?.earlier ? [divider('earlier', t('earlier', { name: chat.teller || core('tile.guest') }))] : []),
      ...(!entry?.earlier && before?.entry?.earlier ? [divider('joined', t('joined'))] : []),
      ...(otherDay ? [divider('day', day)] : []),
      ...(isNew ? [divider('new', t('new'))] : []),
    ];
    const together = dividers.length === 0 && entry !== undefined && isTogether(entry, before?.entry);
    return html`${dividers}${entry ? renderEntry(entry, together, this) : html`<div class="chat-card ${card?.mine ? 'mine' : ''} ${grew ? 'fresh' : ''}" data-key=${row.key}>${card?.render()}</div>`}`;
  }

  #renderForm(): TemplateResult {
    const { draft } = chat;
    const over = draft.text.length - textMax;
    const { peers } = this.state;
    const placeholder = draft.to ? t('field.private', { name: draft.to.name || core('tile.guest') }) : t(peers.length === 0 ? 'field.alone' : 'field.everybody');
    return html`<form class="chat-form ${draft.to ? 'private' : ''}" @submit=${(event: SubmitEvent) => this.#send(event)}>
      ${this.#renderAbout()}
      ${peers.length > 1 || draft.to ? this.#renderTo() : nothing}
      <label class="visually-hidden" for="chat-text">${t('field')}</label>
      ${cardSources().map((source) => source.tray() ?? nothing)}
      <div class="chat-field">
        <div class="chat-tools">${cardSources().map((source) => source.tools())}</div>
        <textarea class="field" id="chat-text" rows="1" placeholder=${placeholder} .value=${live(draft.text)} aria-invalid=${over > 0}
          aria-describedby=${over > 0 ? 'chat-over' : nothing}
          @keydown=${(event: KeyboardEvent) => this.#onKey(event)} @input=${(event: Event) => this.#onInput(event.target as HTMLTextAreaElement)}></textarea>
        <button class="icon-button send" type="submit" aria-label=${t('send')} title=${t('send')} ?disabled=${over > 0}>${icon(draft.changes === null ? 'send' : 'check')}</button>
      </div>
      ${over > 0 ? html`<p class="chat-over" id="chat-over" role="status">${t('too-long', { count: over })}</p>` : nothing}
    </form>`;
  }

  /** What the message being written answers or changes. */
  #renderAbout(): TemplateResult | typeof nothing {
    const { answers, changes } = chat.draft;
    const entry = chat.find(changes ?? answers ?? '');
    if (!entry) return nothing;
    const title = changes !== null ? t('changes') : entry.from === 'self' ? t('answers.self') : t('answers', { name: nameIn(entry) });
    return html`<div class="chat-about">${icon(changes === null ? 'reply' : 'edit')}
      <p><strong>${title}</strong><span dir="auto">${quoteOf(entry)}</span></p>
      <button class="icon-button small" type="button" data-action="cancel" aria-label=${t('cancel')} title="${t('cancel')} (Esc)" @click=${() => this.#cancel()}>${icon('close')}</button></div>`;
  }

  #renderTo(): TemplateResult {
    const { to } = chat.draft;
    const { peers } = this.state;
    const gone = to && !peers.some(({ id }) => id === to.id) ? to : null;
    return html`<label class="chat-to">${icon(to ? 'lock' : 'people')}<span>${t('to')}</span>
      <select name="chat-to" @change=${(event: Event) => this.#onTo((event.target as HTMLSelectElement).value)}>
        <option value="" .selected=${to === null}>${t('to.everybody')}</option>
        ${peers.map(({ id, name }) => html`<option value=${id} .selected=${to?.id === id}>${name || core('tile.guest')}</option>`)}
        ${gone ? html`<option value=${gone.id} .selected=${true}>${t('to.gone', { name: gone.name || core('tile.guest') })}</option>` : nothing}
      </select></label>`;
  }

  #onTo(id: string): void {
    const peer = this.state.peers.find((other) => other.id === id);
    chat.write({ to: peer ? { id, name: peer.name } : null });
    this.write();
  }

  #onScroll(): void {
    const log = this.querySelector('.chat-log');
    if (!log) return;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.requestUpdate();
  }

  #toEnd(): void {
    this.#atEnd = true;
    this.requestUpdate();
  }

  #element(key: string): HTMLElement | undefined {
    return [...this.querySelectorAll<HTMLElement>('[data-key]')].find((element) => element.dataset.key === key);
  }

  /** The message that was touched or came into focus shows its buttons. */
  #onFocus(event: Event): void {
    const key = event.target instanceof Element ? event.target.closest<HTMLElement>('.chat-entry')?.dataset.key ?? null : null;
    if (key === null || key === this.current) return;
    this.#element(this.current ?? '')?.classList.remove('chosen');
    this.#element(key)?.classList.add('chosen');
    this.current = key;
    this.requestUpdate();
  }

  #onLogKey(event: KeyboardEvent): void {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined || event.target instanceof HTMLButtonElement) return;
    const entries = [...this.querySelectorAll<HTMLElement>('.chat-entry')];
    const at = entries.findIndex((entry) => entry === document.activeElement);
    const next = entries[at < 0 ? entries.length - 1 : at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.querySelector('form')?.requestSubmit();
    } else if (event.key === 'Escape' && (chat.draft.answers !== null || chat.draft.changes !== null)) {
      event.preventDefault();
      this.#cancel();
    } else if (event.key === 'ArrowUp' && chat.draft.text === '') {
      const own = [...chat.entries].reverse().find(({ from, deleted }) => from === 'self' && !deleted);
      if (!own) return;
      event.preventDefault();
      chat.edit(own.key);
      this.write();
    }
  }

  #onInput(field: HTMLTextAreaElement): void {
    chat.type(field.value);
    this.requestUpdate();
  }

  #cancel(): void {
    chat.write({ answers: null, changes: null, ...(chat.draft.changes === null ? {} : { text: '' }) });
    this.write();
  }

  #send(event: SubmitEvent): void {
    event.preventDefault();
    if (chat.draft.changes === null && !cardSources().every((source) => source.send(chat.draft.to?.id ?? null))) return;
    chat.submit();
    this.#toEnd();
  }
}

function divider(kind: string, text: string): TemplateResult {
  return html`<p class="chat-divider ${kind}"><span>${text}</span></p>`;
}

function grow(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${Math.min(field.scrollHeight + 2, 140)}px`;
}

define('parley-chat', ChatPanel);
