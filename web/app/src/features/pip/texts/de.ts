import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Kleines Fenster',
  'close': 'Kleines Fenster schließen',
  'title': 'Anruf in {room}',
  'firefox': 'Firefox hat dafür eine Schaltfläche auf jedem Bild: Zeigen Sie mit der Maus darauf.',
  'none': 'Dieser Browser hat keine kleinen Fenster.',
  'failed': 'Das kleine Fenster konnte nicht geöffnet werden.',
  'keys': 'Kleines Fenster',
  'call': 'Parley-Anruf',
};
