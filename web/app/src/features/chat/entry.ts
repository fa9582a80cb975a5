/** One message in the chat. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatTime, t as core } from '../../i18n/index.js';
import { toastText } from '../../store.js';
import { icon, type IconName } from '../../ui/icons.js';
import { chat } from './chat.js';
import type { Entry } from './log.js';
import { plainText } from './markdown.js';
import { renderMarkdown } from './markdown-view.js';
import { t } from './texts.js';

/** Messages of one person within this time stand under one name. */
const groupMs = 120_000;
/** Longer texts are folded. */
const foldLines = 14;
const foldLength = 900;
const emojiOnly = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f\s]){1,12}$/u;

/** What the panel remembers about its messages. */
export interface EntryHost {
  /** Its buttons are in the order of the Tab key. */
  current: string | null;
  unfolded: ReadonlySet<string>;
  fold(key: string): void;
  jump(key: string): void;
  write(): void;
}

// A message is drawn again with each change of the call, but read only once.
const drawn = new WeakMap<Entry, TemplateResult[]>();
const quoted = new WeakMap<Entry, string>();

function once<T>(cache: WeakMap<Entry, T>, entry: Entry, make: (text: string) => T): T {
  let value = cache.get(entry);
  if (value === undefined) cache.set(entry, value = make(entry.text));
  return value;
}

export function quoteOf(entry: Entry): string {
  return entry.deleted ? t('deleted') : once(quoted, entry, (text) => plainText(text).slice(0, 200));
}

export function nameIn(entry: Entry): string {
  return entry.from === 'self' ? core('tile.you') : entry.name || core('tile.guest');
}

export function isTogether(entry: Entry, before: Entry | undefined): boolean {
  return before?.from === entry.from && entry.atMs - before.atMs < groupMs && before.earlier === entry.earlier
    && before.private?.id === entry.private?.id;
}

export function renderEntry(entry: Entry, together: boolean, host: EntryHost): TemplateResult {
  const look = [entry.from === 'self' && 'mine', together && 'together', entry.earlier && 'earlier', entry.private && 'private'].filter(Boolean).join(' ');
  return html`<article class="chat-entry ${look}" data-key=${entry.key} tabindex="-1">
    ${together ? nothing : html`<p class="chat-from"><strong><bdi>${nameIn(entry)}</bdi></strong> <time>${formatTime(entry.atMs)}</time></p>`}
    <div class="chat-line">
      <div class="chat-bubble">
        ${entry.private && !together ? html`<p class="chat-private">${icon('lock')}<span>${entry.from === 'self' ? t('private.to', { name: entry.private.name || core('tile.guest') }) : t('private.from')}</span></p>` : nothing}
        ${entry.replyTo === null ? nothing : renderQuote(chat.answered(entry), host)}
        ${entry.deleted ? html`<p class="chat-deleted">${t('deleted')}</p>` : renderText(entry, host)}
        ${entry.edited && !entry.deleted ? html`<span class="chat-edited">${t('edited')}</span>` : nothing}
      </div>
      ${entry.deleted ? nothing : renderActions(entry, host)}
    </div>
  </article>`;
}

function renderQuote(answered: Entry | undefined, host: EntryHost): TemplateResult {
  if (!answered) return html`<p class="chat-quote"><span>${t('answered.gone')}</span></p>`;
  return html`<button class="chat-quote" type="button" data-action="jump" @click=${() => host.jump(answered.key)}>
    <strong><bdi>${nameIn(answered)}</bdi></strong><span dir="auto">${quoteOf(answered)}</span></button>`;
}

function renderText(entry: Entry, host: EntryHost): TemplateResult {
  const long = entry.text.length > foldLength || entry.text.split('\n').length > foldLines;
  const folded = long && !host.unfolded.has(entry.key);
  return html`<div class="chat-text ${folded ? 'folded' : ''} ${emojiOnly.test(entry.text) ? 'big' : ''}">${once(drawn, entry, renderMarkdown)}</div>
    ${long ? html`<button class="chat-fold" type="button" aria-expanded=${!folded} @click=${() => host.fold(entry.key)}>${t(folded ? 'more' : 'less')}</button>` : nothing}`;
}

function renderActions(entry: Entry, host: EntryHost): TemplateResult {
  const write = (begin: (key: string) => void) => (): void => {
    begin(entry.key);
    host.write();
  };
  const action = (name: string, image: IconName, label: string, act: () => void): TemplateResult => html`<button class="chat-action" type="button"
    tabindex=${host.current === entry.key ? 0 : -1} data-action=${name} aria-label=${label} title=${label} @click=${act}>${icon(image)}</button>`;
  return html`<div class="chat-actions" role="group" aria-label=${t('actions')}>
    ${action('answer', 'reply', t('answer'), write((key) => chat.answer(key)))}
    ${action('copy', 'copy', t('copy'), () => void copy(entry.text))}
    ${entry.from === 'self' ? html`${action('edit', 'edit', t('edit'), write((key) => chat.edit(key)))}
      ${action('delete', 'trash', t('delete'), () => remove(entry.key, host))}` : nothing}
  </div>`;
}

/** The buttons go with the text: the focus stays where they were. */
function remove(key: string, host: EntryHost): void {
  host.jump(key);
  chat.delete(key);
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toastText(t('copied'));
  } catch {
    toastText(t('copy.failed'), 'warning');
  }
}
