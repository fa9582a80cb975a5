import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'Podnieś rękę',
  'hand.lower': 'Opuść rękę',
  'hand.raised': '{name} podnosi rękę',
  'hand.mine': 'Twoja ręka jest podniesiona',
  'hand.place': 'Ręka podniesiona, numer {place}',
  'hands.title': { one: '{count} podniesiona ręka', few: '{count} podniesione ręce', many: '{count} podniesionych rąk', other: '{count} podniesionej ręki' },
  'hands.lower.name': 'Opuść rękę: {name}',
  'hands.lower.all': 'Opuść wszystkie',
  'keys.hand': 'Podnieś lub opuść rękę',
  'keys.react': 'Zareaguj',
  'react.open': 'Zareaguj',
  'react.tray': 'Reakcje',
  'react.thumbs-up': 'Kciuk w górę',
  'react.applause': 'Brawa',
  'react.heart': 'Serce',
  'react.laugh': 'Śmiech',
  'react.surprise': 'Zaskoczenie',
  'react.party': 'Impreza',
  'react.from': '{name}: {reaction}',
  'react.fast': 'Trochę za szybko. Poczekaj chwilę.',
};
