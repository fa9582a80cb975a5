import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'Lever la main',
  'hand.lower': 'Baisser la main',
  'hand.raised': '{name} lève la main',
  'hand.mine': 'Votre main est levée',
  'hand.place': 'Main levée, numéro {place}',
  'hands.title': { one: '{count} main levée', many: '{count} de mains levées', other: '{count} mains levées' },
  'hands.lower.name': 'Baisser la main : {name}',
  'hands.lower.all': 'Tout baisser',
  'keys.hand': 'Lever ou baisser la main',
  'keys.react': 'Réagir',
  'react.open': 'Réagir',
  'react.tray': 'Réactions',
  'react.thumbs-up': 'Pouce levé',
  'react.applause': 'Applaudissements',
  'react.heart': 'Cœur',
  'react.laugh': 'Rire',
  'react.surprise': 'Surprise',
  'react.party': 'Fête',
  'react.from': '{name} : {reaction}',
  'react.fast': 'C’était rapide. Attendez un instant.',
};
