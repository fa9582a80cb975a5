import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'alt.chrome': 'Das Symbol links neben der Adresse in Chrome öffnet eine Liste mit je einem Schalter für Kamera und Mikrofon.',
  'alt.edge': 'Das Schloss links neben der Adresse in Edge öffnet eine Liste mit je einem Schalter für Kamera und Mikrofon.',
  'alt.firefox': 'Die durchgestrichene Kamera links neben der Adresse in Firefox öffnet eine Liste; das Kreuz hinter jedem Eintrag hebt die Blockierung auf.',
  'alt.safari': 'Das Menü „Safari“ hat einen Eintrag für die Einstellungen dieser Website, mit je einer Auswahl für Kamera und Mikrofon.',
  'alt.android': 'Das Symbol links neben der Adresse öffnet die Berechtigungen der Seite, mit je einem Schalter für Kamera und Mikrofon.',
  'alt.ios': 'Das Symbol links neben der Adresse öffnet die Website-Einstellungen für Kamera und Mikrofon.',
  'alt.windows-settings': 'Datenschutz in den Windows-Einstellungen, mit Schaltern für das Gerät, für alle Apps und für den Browser.',
  'alt.macos-settings': 'Datenschutz in den Systemeinstellungen von macOS, mit einem Schalter für den Browser.',
  'alt.android-settings': 'Der Browser in der App-Liste des Handys und seine Berechtigungen für Kamera und Mikrofon.',
  'alt.ios-settings': 'Der Browser in den Einstellungen des Handys, mit Schaltern für Kamera und Mikrofon.',
  'steps.windows': 'Öffnen Sie „Einstellungen“ und „Datenschutz und Sicherheit“.\nWählen Sie „Kamera“ oder „Mikrofon“ und erlauben Sie den Zugriff.\nErlauben Sie ihn auch für Desktop-Apps.',
  'steps.macos': 'Öffnen Sie „Systemeinstellungen“ und „Datenschutz & Sicherheit“.\nWählen Sie „Kamera“, „Mikrofon“ oder „Bildschirmaufnahme“ und schalten Sie den Browser ein.\nStarten Sie den Browser neu.',
  'steps.android': 'Öffnen Sie „Einstellungen“ und „Apps“ und wählen Sie den Browser.\nÖffnen Sie „Berechtigungen“ und erlauben Sie Kamera und Mikrofon.',
  'steps.ios': 'Öffnen Sie „Einstellungen“ und wählen Sie den Browser.\nSchalten Sie Kamera und Mikrofon ein.',
  'still': 'Geht es immer noch nicht? Vielleicht blockiert das System',
};
