import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'Levantar a mão',
  'hand.lower': 'Abaixar a mão',
  'hand.raised': '{name} levantou a mão',
  'hand.mine': 'Sua mão está levantada',
  'hand.place': 'Mão levantada, número {place}',
  'hands.title': { one: '{count} mão levantada', many: '{count} mãos levantadas', other: '{count} mãos levantadas' },
  'hands.lower.name': 'Abaixar a mão de {name}',
  'hands.lower.all': 'Abaixar todas',
  'keys.hand': 'Levantar ou abaixar a mão',
  'keys.react': 'Reagir',
  'react.open': 'Reagir',
  'react.tray': 'Reações',
  'react.thumbs-up': 'Joinha',
  'react.applause': 'Aplausos',
  'react.heart': 'Coração',
  'react.laugh': 'Risada',
  'react.surprise': 'Surpresa',
  'react.party': 'Festa',
  'react.from': '{name}: {reaction}',
  'react.fast': 'Foi rápido demais. Espere um instante.',
};
