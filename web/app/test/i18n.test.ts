import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { en } from '../src/i18n/en.js';
import { format, negotiate, type Message } from '../src/i18n/index.js';
import { ru } from '../src/i18n/ru.js';

const english: Record<string, Message> = en;
const russian: Record<string, Message> = ru;

function forms(message: Message): string[] {
  return typeof message === 'string' ? [message] : Object.values(message);
}

function parameters(message: Message): string[] {
  const all = forms(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''));
  return [...new Set(all)].sort();
}

describe('dictionaries', () => {
  it('have the same keys', () => {
    assert.deepEqual(Object.keys(russian).sort(), Object.keys(english).sort());
  });

  it('have the same parameters, and no empty text', () => {
    for (const [key, message] of Object.entries(english)) {
      assert.deepEqual(parameters(russian[key]!), parameters(message), key);
      for (const text of [...forms(message), ...forms(russian[key]!)]) assert.notEqual(text.trim(), '', key);
    }
  });

  it('have all plural forms of their language', () => {
    for (const [key, message] of Object.entries(english)) {
      if (typeof message === 'string') continue;
      const categories = (locale: string): string[] => new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
      assert.deepEqual(Object.keys(message).sort(), categories('en').sort(), key);
      assert.deepEqual(Object.keys(russian[key]!).sort(), categories('ru').sort(), key);
    }
  });

  it('say in Russian what is Russian', () => {
    const sameOnPurpose = new Set(['live.chat', 'unit.percent']);
    for (const [key, message] of Object.entries(russian)) {
      if (!sameOnPurpose.has(key)) assert.match(forms(message).join(' '), /[а-яё]/i, key);
    }
  });

  it('have no text that nothing shows', async () => {
    const root = new URL('../../../app/src/', import.meta.url);
    const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts') && !/^i18n.(en|ru)\.ts$/.test(name));
    const sources = (await Promise.all(names.map((name) => readFile(new URL(name, root), 'utf8')))).join('\n');
    assert.deepEqual(Object.keys(english).filter((key) => !sources.includes(`'${key}'`)), []);
  });
});

describe('format', () => {
  const rules = new Intl.PluralRules('ru');
  it('chooses the plural form', () => {
    const say = (count: number): string => format(ru['chat.unread'], rules, { count });
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
    assert.equal(negotiate(['de-DE', 'ru-RU', 'en']), 'ru');
    assert.equal(negotiate(['en-GB', 'ru']), 'en');
    assert.equal(negotiate(['fr']), 'en');
    assert.equal(negotiate([]), 'en');
  });
});
