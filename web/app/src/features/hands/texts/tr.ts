import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'El kaldır',
  'hand.lower': 'El indir',
  'hand.raised': '{name} el kaldırdı',
  'hand.mine': 'Eliniz kalkık',
  'hand.place': 'El kalkık, sıra: {place}',
  'hands.title': { one: '{count} kalkık el', other: '{count} kalkık el' },
  'hands.lower.name': 'El indir: {name}',
  'hands.lower.all': 'Hepsini indir',
  'keys.hand': 'El kaldır veya indir',
  'keys.react': 'Tepki ver',
  'react.open': 'Tepki ver',
  'react.tray': 'Tepkiler',
  'react.thumbs-up': 'Beğeni',
  'react.applause': 'Alkış',
  'react.heart': 'Kalp',
  'react.laugh': 'Gülme',
  'react.surprise': 'Şaşkınlık',
  'react.party': 'Kutlama',
  'react.from': '{name}: {reaction}',
  'react.fast': 'Biraz hızlı oldu. Bir an bekleyin.',
};
