import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Petite fenêtre',
  'close': 'Fermer la petite fenêtre',
  'title': 'Appel dans la salle {room}',
  'firefox': 'Firefox a un bouton pour cela sur chaque image : pointez dessus.',
  'none': 'Ce navigateur n’a pas de petites fenêtres.',
  'failed': 'Impossible d’ouvrir la petite fenêtre.',
  'keys': 'Petite fenêtre',
  'call': 'Appel Parley',
};
