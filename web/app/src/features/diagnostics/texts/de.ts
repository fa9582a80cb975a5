import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Diagnosebericht speichern',
  'title': 'Diagnosebericht',
  'lead': 'Alle Ereignisse und die Statistik dieses Anrufs in einer Datei, für alle, die einen Fehler suchen.',
  'without': 'Nie darin: was gesagt, geschrieben oder gesendet wurde, Passwörter und der Name des Raums.',
  'redact': 'Namen und Adressen weglassen',
  'save': 'Speichern',
  'live': 'Live in neuem Tab ansehen',
  'failed': 'Der Bericht konnte nicht gespeichert werden. Sehen Sie ihn sich stattdessen live an.',
  'quality.open': 'Was bedeutet das?',
  'quality.lead': 'Der schlechteste der drei Werte entscheidet:',
  'quality.below': 'unter {value}',
  'quality.more': 'alles darüber',
  'quality.good': 'Davon ist nichts zu hören oder zu sehen.',
  'quality.fair': 'Ab und zu fehlt ein Wort oder ein Bild.',
  'quality.poor': 'Das Sprechen wird schwierig.',
};
