// Texts by key. English is part of the app (every key has a text from the first moment);
// other languages are chunks of their own, loaded when wanted.
import { en } from './en.js';

/** A text, or its plural forms by Intl.PluralRules category of the parameter `count`. */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };
export type Key = keyof typeof en;
export type Dictionary = Readonly<Record<Key, Message>>;

type Names<T> = T extends `${string}{${infer P}}${infer Rest}` ? P | Names<Rest> : never;
type TextOf<T> = T extends string ? T : T extends { other: infer O } ? O : never;
type Params<K extends Key> = Names<TextOf<(typeof en)[K]>>;
type Arguments<K extends Key> = [Params<K>] extends [never] ? [] : [Record<Params<K>, string | number>];

/** Keys of texts without parameters. */
export type PlainKey = { [K in Key]: [Params<K>] extends [never] ? K : never }[Key];

export const locales = { en: 'English', ru: 'Русский' } as const;
export type Locale = keyof typeof locales;

let locale: Locale = 'en';
let dictionary: Dictionary = en;
let plurals = new Intl.PluralRules('en');
const listeners = new Set<() => void>();

export function currentLocale(): Locale {
  return locale;
}

/** The text of a key in the language chosen, with `{names}` replaced by the parameters. */
export function t<K extends Key>(key: K, ...args: Arguments<K>): string {
  return format(dictionary[key], plurals, (args[0] ?? {}) as Record<string, string | number>);
}

/** `t` for a key with parameters that were put together at run time. */
export function translate(key: Key, params: Readonly<Record<string, string | number>>): string {
  return format(dictionary[key], plurals, params);
}

export function format(message: Message, rules: Intl.PluralRules, params: Readonly<Record<string, string | number>>): string {
  const text = typeof message === 'string' ? message : message[rules.select(Number(params.count))] ?? message.other;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''));
}

/** The best of our languages for what the browser asks for. */
export function negotiate(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'en' || language === 'ru') return language;
    // Readers of these are far more likely to read Russian than English.
    if (language === 'be' || language === 'kk') return 'ru';
  }
  return 'en';
}

export async function setLocale(next: Locale): Promise<void> {
  dictionary = next === 'ru' ? (await import('./ru.js')).ru : en;
  locale = next;
  plurals = new Intl.PluralRules(next);
  document.documentElement.lang = next;
  for (const listener of listeners) listener();
}

export function onLocale(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

export function formatTime(atMs: number): string {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(atMs);
}

export function formatDay(atMs: number, nowMs: number): string {
  const days = Math.round((startOfDay(atMs) - startOfDay(nowMs)) / 86_400_000);
  if (days > -7) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day');
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }).format(atMs);
}

function startOfDay(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}
