import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { formatTime, t } from '../i18n/index.js';
import type { ChatEntry } from '../state.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { chatTextMax, pieces } from './chat-message.js';
import { session } from './session.js';

/** Messages of one person within this time stand under one name. */
const groupMs = 120_000;

class Chat extends View {
  #atEnd = true;

  override firstUpdated(): void {
    // A phone's keyboard would cover what there is to read.
    if (!matchMedia('(pointer: coarse)').matches) this.querySelector('textarea')?.focus();
  }

  override updated(): void {
    const log = this.querySelector('.chat-log');
    if (log && this.#atEnd) log.scrollTop = log.scrollHeight;
  }

  override render(): TemplateResult {
    const { chat, peers } = this.state;
    return html`<div class="chat-log" role="log" tabindex="0" aria-label=${t('chat.title')} @scroll=${(event: Event) => this.#onScroll(event)}>
        ${chat.length === 0 ? html`<p class="panel-empty">${icon('chat')}<span>${t('chat.empty')}</span></p>` : nothing}
        ${repeat(chat, (entry) => `${entry.from} ${entry.id}`, (entry, index) => renderEntry(entry, chat[index - 1]))}
      </div>
      <form class="chat-form" @submit=${(event: SubmitEvent) => this.#send(event)}>
        <label class="visually-hidden" for="chat-text">${t('chat.label')}</label>
        <textarea class="field" id="chat-text" rows="1" maxlength=${chatTextMax} placeholder=${peers.length === 0 ? t('chat.placeholder.alone') : t('chat.placeholder')}
          @keydown=${(event: KeyboardEvent) => this.#onKey(event)} @input=${(event: Event) => grow(event.target as HTMLTextAreaElement)}></textarea>
        <button class="icon-button send" type="submit" aria-label=${t('chat.send')} title=${t('chat.send')}>${icon('send')}</button>
      </form>`;
  }

  #onScroll(event: Event): void {
    const log = event.currentTarget as HTMLElement;
    this.#atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.querySelector('form')?.requestSubmit();
  }

  #send(event: SubmitEvent): void {
    event.preventDefault();
    const field = this.querySelector('textarea');
    const text = field?.value.trim() ?? '';
    if (!field || text === '') return;
    this.#atEnd = true;
    if (!session.say(text)) return;
    field.value = '';
    grow(field);
  }
}

function renderEntry(entry: ChatEntry, before: ChatEntry | undefined): TemplateResult {
  const together = before?.from === entry.from && entry.atMs - before.atMs < groupMs;
  const name = entry.from === 'self' ? t('tile.you') : entry.name || t('tile.guest');
  return html`<div class="chat-entry ${entry.from === 'self' ? 'mine' : ''} ${together ? 'together' : ''}">
    ${together ? nothing : html`<p class="chat-from"><strong>${name}</strong> <time>${formatTime(entry.atMs)}</time></p>`}
    <p class="chat-text">${pieces(entry.text).map((piece) => ('url' in piece
      ? html`<a href=${piece.url} target="_blank" rel="noopener noreferrer">${piece.url}</a>` : piece.text))}</p>
  </div>`;
}

function grow(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${Math.min(field.scrollHeight + 2, 140)}px`;
}

define('parley-chat', Chat);
