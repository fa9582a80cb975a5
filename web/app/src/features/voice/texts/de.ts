import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Zum Sprechen halten',
  'talk.key': 'Leertaste',
  'captions.title': 'Untertitel',
  'captions.show': 'Untertitel der anderen anzeigen',
  'captions.hide': 'Untertitel der anderen ausblenden',
  'captions.mine': 'Untertitel für meine Worte',
  'captions.mine.text': 'Alle im Anruf können sie lesen.',
  'captions.language': 'Ich spreche',
  'captions.none': 'Dieser Browser kann Sprache nicht erkennen. Die Untertitel der anderen können Sie trotzdem lesen.',
  'captions.here': 'Ihre Sprache wird in diesem Browser erkannt und verlässt ihn nicht.',
  'captions.preparing': 'Wird vorbereitet…',
  'captions.elsewhere': 'Dieser Browser sendet Ihre Stimme zur Erkennung an seinen Hersteller. Ohne Ihre Zustimmung wird nichts gesendet.',
  'captions.agree': 'Zustimmen und starten',
  'captions.cancel': 'Nicht jetzt',
  'captions.not-allowed': 'Der Browser hat die Spracherkennung nicht zugelassen.',
  'captions.network': 'Die Spracherkennung dieses Browsers ist nicht erreichbar.',
  'captions.trouble.language': 'Diese Sprache wird hier nicht erkannt.',
  'captions.failed': 'Die Spracherkennung hat aufgehört.',
  'captions.you': 'Sie',
  'captions.guest': 'Gast',
  'keys.captions': 'Untertitel anzeigen oder ausblenden',
};
