import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'title': 'Hintergrund',
  'switch': 'Hintergrund weichzeichnen',
  'on': 'Hintergrund weichzeichnen',
  'off': 'Hintergrund zeigen',
  'explain': 'Sie bleiben scharf, der Raum hinter Ihnen nicht. Das wird in diesem Browser berechnet; kein Bild verlässt ihn dafür.',
  'starting': 'Wird gestartet…',
  'native': 'Ihre Kamera macht das selbst.',
  'running': { one: '{count} Bild pro Sekunde', other: '{count} Bilder pro Sekunde' },
  'slow': 'Dieses Gerät ist zu langsam, um den Hintergrund weichzuzeichnen. Das normale Bild wird gezeigt.',
  'failed': 'Der Hintergrund konnte nicht weichgezeichnet werden. Das normale Bild wird gezeigt.',
  'camera-off': 'Ihre Kamera ist aus.',
};
