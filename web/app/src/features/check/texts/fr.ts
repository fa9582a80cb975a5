import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Tester la connexion',
  'close': 'Fermer',
  'failed': 'Impossible de charger le test. Réessayez.',
};
