import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'title': 'Arrière-plan',
  'switch': 'Flouter l’arrière-plan',
  'on': 'Flouter l’arrière-plan',
  'off': 'Montrer l’arrière-plan',
  'explain': 'Votre image reste nette, pas la pièce derrière vous. Le calcul se fait dans ce navigateur ; aucune image n’en sort pour cela.',
  'starting': 'Démarrage…',
  'native': 'Votre caméra le fait elle-même.',
  'running': { one: '{count} image par seconde', many: '{count} d’images par seconde', other: '{count} images par seconde' },
  'slow': 'Cet appareil est trop lent pour flouter l’arrière-plan. L’image est montrée telle quelle.',
  'failed': 'Impossible de flouter l’arrière-plan. L’image est montrée telle quelle.',
  'camera-off': 'Votre caméra est désactivée.',
};
