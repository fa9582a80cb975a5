import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Zapisz raport diagnostyczny',
  'title': 'Raport diagnostyczny',
  'lead': 'Wszystkie zdarzenia i statystyki tej rozmowy w jednym pliku, dla osoby szukającej usterki.',
  'without': 'Nigdy w nim nie ma: tego, co powiedziano, napisano lub wysłano, haseł ani nazwy pokoju.',
  'redact': 'Pomiń imiona i adresy',
  'save': 'Zapisz',
  'live': 'Obserwuj na żywo w nowej karcie',
  'failed': 'Nie udało się zapisać raportu. Zamiast tego obejrzyj go na żywo.',
  'quality.open': 'Co to znaczy?',
  'quality.lead': 'Decyduje najgorsza z trzech wartości:',
  'quality.below': 'poniżej {value}',
  'quality.more': 'wszystko powyżej',
  'quality.good': 'Nic z tego nie słychać ani nie widać.',
  'quality.fair': 'Czasem umyka słowo lub obraz.',
  'quality.poor': 'Rozmawiać robi się trudno.',
};
