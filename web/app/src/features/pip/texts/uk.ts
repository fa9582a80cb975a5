import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Маленьке вікно',
  'close': 'Закрити маленьке вікно',
  'title': 'Дзвінок у {room}',
  'firefox': 'У Firefox для цього є кнопка на кожному зображенні: наведіть на нього вказівник.',
  'none': 'У цьому браузері немає маленьких вікон.',
  'failed': 'Не вдалося відкрити маленьке вікно.',
  'keys': 'Маленьке вікно',
  'call': 'Дзвінок Parley',
};
