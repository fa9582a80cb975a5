import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Małe okno',
  'close': 'Zamknij małe okno',
  'title': 'Rozmowa w {room}',
  'firefox': 'Firefox ma do tego przycisk na każdym obrazie: wskaż obraz kursorem.',
  'none': 'Ta przeglądarka nie ma małych okien.',
  'failed': 'Nie udało się otworzyć małego okna.',
  'keys': 'Małe okno',
  'call': 'Rozmowa Parley',
};
