import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'title': 'Tło',
  'switch': 'Rozmywaj tło',
  'on': 'Rozmyj tło',
  'off': 'Pokaż tło',
  'explain': 'Ciebie widać ostro, a pokój za Tobą nie. Wszystko liczy ta przeglądarka; w tym celu żaden obraz jej nie opuszcza.',
  'starting': 'Uruchamianie…',
  'native': 'Robi to sama kamera.',
  'running': { one: '{count} klatka na sekundę', few: '{count} klatki na sekundę', many: '{count} klatek na sekundę', other: '{count} klatki na sekundę' },
  'slow': 'To urządzenie jest za wolne, by rozmywać tło. Pokazywany jest zwykły obraz.',
  'failed': 'Nie udało się rozmyć tła. Pokazywany jest zwykły obraz.',
  'camera-off': 'Twoja kamera jest wyłączona.',
};
