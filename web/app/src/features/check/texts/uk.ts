import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Перевірити з’єднання',
  'close': 'Закрити',
  'failed': 'Не вдалося завантажити перевірку. Спробуйте ще раз.',
};
