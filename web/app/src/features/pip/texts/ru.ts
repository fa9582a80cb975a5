import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Маленькое окно',
  'close': 'Закрыть маленькое окно',
  'title': 'Звонок в {room}',
  'firefox': 'В Firefox для этого есть кнопка на каждом изображении: наведите на него указатель.',
  'none': 'В этом браузере нет маленьких окон.',
  'failed': 'Маленькое окно не открылось.',
  'keys': 'Маленькое окно',
  'call': 'Звонок Parley',
};
