import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'Levantar la mano',
  'hand.lower': 'Bajar la mano',
  'hand.raised': '{name} ha levantado la mano',
  'hand.mine': 'Tu mano está levantada',
  'hand.place': 'Mano levantada, número {place}',
  'hands.title': { one: '{count} mano levantada', many: '{count} de manos levantadas', other: '{count} manos levantadas' },
  'hands.lower.name': 'Bajar la mano de {name}',
  'hands.lower.all': 'Bajar todas',
  'keys.hand': 'Levantar o bajar la mano',
  'keys.react': 'Reaccionar',
  'react.open': 'Reaccionar',
  'react.tray': 'Reacciones',
  'react.thumbs-up': 'Pulgar arriba',
  'react.applause': 'Aplausos',
  'react.heart': 'Corazón',
  'react.laugh': 'Risa',
  'react.surprise': 'Sorpresa',
  'react.party': 'Fiesta',
  'react.from': '{name}: {reaction}',
  'react.fast': 'Muy rápido. Espera un momento.',
};
