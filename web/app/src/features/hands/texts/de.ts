import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'Hand heben',
  'hand.lower': 'Hand senken',
  'hand.raised': '{name} hebt die Hand',
  'hand.mine': 'Ihre Hand ist gehoben',
  'hand.place': 'Hand gehoben, Nummer {place}',
  'hands.title': { one: '{count} gehobene Hand', other: '{count} gehobene Hände' },
  'hands.lower.name': 'Hand von {name} senken',
  'hands.lower.all': 'Alle senken',
  'keys.hand': 'Hand heben oder senken',
  'keys.react': 'Reagieren',
  'react.open': 'Reagieren',
  'react.tray': 'Reaktionen',
  'react.thumbs-up': 'Daumen hoch',
  'react.applause': 'Applaus',
  'react.heart': 'Herz',
  'react.laugh': 'Lachen',
  'react.surprise': 'Überraschung',
  'react.party': 'Party',
  'react.from': '{name}: {reaction}',
  'react.fast': 'Das war schnell. Warten Sie einen Moment.',
};
