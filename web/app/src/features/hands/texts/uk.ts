import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'Підняти руку',
  'hand.lower': 'Опустити руку',
  'hand.raised': '{name} піднімає руку',
  'hand.mine': 'Вашу руку піднято',
  'hand.place': 'Руку піднято, номер {place}',
  'hands.title': { one: '{count} піднята рука', few: '{count} підняті руки', many: '{count} піднятих рук', other: '{count} піднятої руки' },
  'hands.lower.name': 'Опустити руку: {name}',
  'hands.lower.all': 'Опустити всі',
  'keys.hand': 'Підняти чи опустити руку',
  'keys.react': 'Реакція',
  'react.open': 'Реакція',
  'react.tray': 'Реакції',
  'react.thumbs-up': 'Великий палець',
  'react.applause': 'Оплески',
  'react.heart': 'Серце',
  'react.laugh': 'Сміх',
  'react.surprise': 'Подив',
  'react.party': 'Свято',
  'react.from': '{name}: {reaction}',
  'react.fast': 'Зашвидко. Зачекайте трохи.',
};
