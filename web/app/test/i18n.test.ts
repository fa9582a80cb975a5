import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { en } from '../src/i18n/texts/en.js';
import { format, locales, negotiate, type Message, type Messages } from '../src/i18n/index.js';
import { texts as ru } from '../src/features/chat/texts/ru.js';
import { dictionaries } from 'parley:dictionaries';

function forms(message: Message): string[] {
  return typeof message === 'string' ? [message] : Object.values(message);
}

function parameters(message: Message): string[] {
  const all = forms(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''));
  return [...new Set(all)].sort();
}

function categories(locale: string): string[] {
  return new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
}

// By folder, then language: every texts/ folder of the app, collected by the build.
const folders = Object.entries(dictionaries as Record<string, Record<string, Messages>>);

describe('dictionaries', () => {
  for (const [folder, languages] of folders) {
    const english = languages.en ?? {};
    it(`${folder}: has every language, with the same keys`, () => {
      assert.deepEqual(Object.keys(languages).sort(), Object.keys(locales).sort());
      for (const [locale, dictionary] of Object.entries(languages)) assert.deepEqual(Object.keys(dictionary).sort(), Object.keys(english).sort(), locale);
    });

    it(`${folder}: has the same parameters everywhere, and no empty text`, () => {
      for (const [locale, dictionary] of Object.entries(languages)) {
        for (const [key, message] of Object.entries(dictionary)) {
          assert.deepEqual(parameters(message), parameters(english[key]!), `${locale}: ${key}`);
          for (const text of forms(message)) assert.notEqual(text.trim(), '', `${locale}: ${key}`);
        }
      }
    });

    it(`${folder}: has all plural forms of each language`, () => {
      for (const [locale, dictionary] of Object.entries(languages)) {
        for (const [key, message] of Object.entries(dictionary)) {
          assert.equal(typeof message, typeof english[key], `${locale}: ${key}`);
          if (typeof message !== 'string') assert.deepEqual(Object.keys(message).sort(), categories(locale).sort(), `${locale}: ${key}`);
        }
      }
    });

    it(`${folder}: says in Russian what is Russian`, () => {
      for (const [key, message] of Object.entries(languages.ru ?? {})) {
        const text = forms(message).join(' ');
        // What has no words but names and units is the same in both.
        const words = text.replace(/\{\w+\}/g, '').match(/[a-zа-яё]{2,}/gi) ?? [];
        if (words.length > 0 && text !== forms(english[key]!).join(' ')) assert.match(text, /[а-яё]/i, key);
      }
    });

    it(`${folder}: has no text that nothing shows`, async () => {
      const sources = await sourcesOf(folder === 'i18n/texts' ? '' : folder.replace(/\/?texts$/, ''));
      assert.deepEqual(Object.keys(english).filter((key) => !sources.includes(`'${key}'`)), []);
    });
  }
});

/** The code below a folder, without the texts themselves. */
async function sourcesOf(folder: string): Promise<string> {
  const root = new URL(`../../../app/src/${folder === '' ? '' : `${folder}/`}`, import.meta.url);
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts') && !/(^|\/)texts\/\w+\.ts$/.test(name));
  return (await Promise.all(names.map((name) => readFile(new URL(name, root), 'utf8')))).join('\n');
}

describe('format', () => {
  const rules = new Intl.PluralRules('ru');
  it('chooses the plural form', () => {
    const say = (count: number): string => format(ru.unread, rules, { count });
    assert.deepEqual([1, 2, 5, 11, 21, 22].map(say), [
      '1 непрочитанное сообщение', '2 непрочитанных сообщения', '5 непрочитанных сообщений', '11 непрочитанных сообщений',
      '21 непрочитанное сообщение', '22 непрочитанных сообщения',
    ]);
  });
  it('puts parameters in as text, whatever they hold', () => {
    assert.equal(format('{name} joined', rules, { name: '{name} $& <b>' }), '{name} $& <b> joined');
  });
});

describe('negotiate', () => {
  it('takes the first language that there is', () => {
    assert.equal(negotiate(['nl-NL', 'ru-RU', 'en']), 'ru');
    assert.equal(negotiate(['en-GB', 'ru']), 'en');
    assert.equal(negotiate(['nl']), 'en');
    assert.equal(negotiate([]), 'en');
  });
});
