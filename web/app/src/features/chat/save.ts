/** The chat as a text file, to be kept. */
import { t as core } from '../../i18n/index.js';
import type { Entry } from './log.js';
import { t } from './texts.js';

export function saveChat(entries: readonly Entry[], answered: (entry: Entry) => Entry | undefined, room: string, nowMs: number): void {
  const url = URL.createObjectURL(new Blob([asText(entries, answered)], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `chat-${room}-${stamp(nowMs).slice(0, 10)}.txt`;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** One paragraph for each message; its further lines stand below the first. */
export function asText(entries: readonly Entry[], answered: (entry: Entry) => Entry | undefined): string {
  return entries.filter(({ deleted }) => !deleted).map((entry) => {
    const before = answered(entry);
    const notes = [
      ...(entry.private ? [entry.from === 'self' ? t('private.to', { name: entry.private.name || core('tile.guest') }) : t('private.from')] : []),
      ...(entry.edited ? [t('edited')] : []),
    ];
    const lines = entry.text.split('\n');
    return [
      `[${stamp(entry.atMs)}] ${nameOf(entry)}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}:`,
      ...(before ? [`    > ${nameOf(before)}: ${before.deleted ? t('deleted') : before.text.split('\n')[0] ?? ''}`] : []),
      ...lines.map((line) => `    ${line}`),
    ].join('\n');
  }).join('\n') + '\n';
}

export function nameOf({ name }: Entry): string {
  return name || core('tile.guest');
}

function stamp(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
