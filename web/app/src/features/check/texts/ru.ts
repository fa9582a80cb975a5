import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Проверить связь',
  'close': 'Закрыть',
  'failed': 'Проверка не загрузилась. Попробуйте ещё раз.',
};
