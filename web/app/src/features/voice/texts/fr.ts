import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Maintenir pour parler',
  'talk.key': 'Espace',
  'captions.title': 'Sous-titres',
  'captions.show': 'Afficher les sous-titres des autres',
  'captions.hide': 'Masquer les sous-titres des autres',
  'captions.mine': 'Sous-titrer ce que je dis',
  'captions.mine.text': 'Tout le monde dans l’appel peut le lire.',
  'captions.language': 'Je parle',
  'captions.none': 'Ce navigateur ne sait pas reconnaître la parole. Vous pouvez tout de même lire les sous-titres des autres.',
  'captions.here': 'Votre parole est reconnue dans ce navigateur et n’en sort pas.',
  'captions.preparing': 'Préparation…',
  'captions.elsewhere': 'Pour reconnaître votre voix, ce navigateur l’envoie à son éditeur. Rien n’est envoyé sans votre accord.',
  'captions.agree': 'Accepter et démarrer',
  'captions.cancel': 'Pas maintenant',
  'captions.not-allowed': 'Le navigateur n’a pas autorisé la reconnaissance vocale.',
  'captions.network': 'La reconnaissance vocale de ce navigateur est injoignable.',
  'captions.trouble.language': 'Cette langue n’est pas reconnue ici.',
  'captions.failed': 'La reconnaissance vocale s’est arrêtée.',
  'captions.you': 'Vous',
  'captions.guest': 'Anonyme',
  'keys.captions': 'Afficher ou masquer les sous-titres',
};
