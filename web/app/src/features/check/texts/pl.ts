import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Przetestuj połączenie',
  'close': 'Zamknij',
  'failed': 'Nie udało się wczytać testu. Spróbuj ponownie.',
};
