import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Verbindung testen',
  'close': 'Schließen',
  'failed': 'Der Test konnte nicht geladen werden. Versuchen Sie es erneut.',
};
