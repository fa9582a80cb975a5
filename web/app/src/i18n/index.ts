// Texts by key, in areas: the core below is part of the app, a feature that is loaded on demand brings
// its own. English comes with the area (every key has a text from the first moment); other languages
// are chunks of their own, loaded when wanted.
import { en } from './texts/en.js';
import { Subject } from '../subject.js';

/** A text, or its plural forms by Intl.PluralRules category of the parameter `count`. */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };
export type Messages = Readonly<Record<string, Message>>;
export type Key = keyof typeof en;
export type Dictionary = Translation<typeof en>;

/** The same keys in another language. */
export type Translation<D extends Messages> = Readonly<Record<keyof D, Message>>;

type Names<T> = T extends `${string}{${infer P}}${infer Rest}` ? P | Names<Rest> : never;
type TextOf<T> = T extends string ? T : T extends { other: infer O } ? O : never;
type Params<D extends Messages, K extends keyof D> = Names<TextOf<D[K]>>;
type Arguments<D extends Messages, K extends keyof D> = [Params<D, K>] extends [never] ? [] : [Record<Params<D, K>, string | number>];
type PlainKeyOf<D extends Messages> = { [K in keyof D]: [Params<D, K>] extends [never] ? K : never }[keyof D];

/** Keys of texts without parameters. */
export type PlainKey = PlainKeyOf<typeof en>;

/** Each has a file below every texts/ folder; the tests hold them against English. */
export const locales = {
  de: 'Deutsch', en: 'English', es: 'Español', fr: 'Français', pl: 'Polski', pt: 'Português (Brasil)', ru: 'Русский', tr: 'Türkçe', uk: 'Українська', zh: '简体中文',
} as const;
export type Locale = keyof typeof locales;

let locale: Locale = 'en';
let plurals = new Intl.PluralRules('en');
const listeners = new Subject();
const areas = new Set<Area<Messages>>();

/** The texts of one part of the app. */
export class Area<D extends Messages> {
  readonly #en: D;
  readonly #load: (locale: Exclude<Locale, 'en'>) => Promise<{ texts: Translation<D> }>;
  #dictionary: Translation<D>;

  constructor(english: D, load: (locale: Exclude<Locale, 'en'>) => Promise<{ texts: Translation<D> }>) {
    this.#en = this.#dictionary = english;
    this.#load = load;
    areas.add(this as unknown as Area<Messages>);
  }

  /** Gets the texts of a language ready; they are shown once the returned function is called. */
  async prepare(next: Locale): Promise<() => void> {
    const dictionary = next === 'en' ? this.#en : (await this.#load(next)).texts;
    return () => { this.#dictionary = dictionary; };
  }

  /** The text of a key in the language chosen, with `{names}` replaced by the parameters. */
  readonly t = <K extends keyof D>(key: K, ...args: Arguments<D, K>): string =>
    format(this.#dictionary[key], plurals, (args[0] ?? {}) as Record<string, string | number>);

  /** `t` for a key with parameters that were put together at run time. */
  readonly translate = (key: keyof D, params: Readonly<Record<string, string | number>>): string =>
    format(this.#dictionary[key], plurals, params);
}

/**
 * The texts of a feature that is loaded on demand, ready in the language chosen:
 *
 *     export const { t } = await openTexts(en, (locale) => import(`./texts/${locale}.ts`));
 */
export async function openTexts<D extends Messages>(
  english: D, load: (locale: Exclude<Locale, 'en'>) => Promise<{ texts: Translation<D> }>,
): Promise<Area<D>> {
  const area = new Area(english, load);
  // A language that did not load is no reason for no feature: English is there.
  (await area.prepare(locale).catch(() => area.prepare('en')))();
  return area;
}

export const { t, translate } = new Area(en, (next) => import(`./texts/${next}.ts`));

export function currentLocale(): Locale {
  return locale;
}

export function format(message: Message, rules: Intl.PluralRules, params: Readonly<Record<string, string | number>>): string {
  const text = typeof message === 'string' ? message : message[rules.select(Number(params.count))] ?? message.other;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''));
}

/** The best of our languages for what the browser asks for. */
export function negotiate(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (Object.hasOwn(locales, language)) return language as Locale;
    // Readers of these are far more likely to read Russian than English.
    if (language === 'be' || language === 'kk') return 'ru';
  }
  return 'en';
}

export async function setLocale(next: Locale): Promise<void> {
  const show = await Promise.all([...areas].map((area) => area.prepare(next)));
  for (const use of show) use();
  locale = next;
  plurals = new Intl.PluralRules(next);
  document.documentElement.lang = next;
  listeners.tell();
}

export const onLocale = listeners.subscribe;

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
