import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': 'Поднять руку',
  'hand.lower': 'Опустить руку',
  'hand.raised': '{name} поднимает руку',
  'hand.mine': 'Ваша рука поднята',
  'hand.place': 'Рука поднята, очередь: {place}',
  'hands.title': { one: 'Поднята {count} рука', few: 'Поднято {count} руки', many: 'Поднято {count} рук', other: 'Поднято {count} руки' },
  'hands.lower.name': 'Опустить руку: {name}',
  'hands.lower.all': 'Опустить все',
  'keys.hand': 'Поднять или опустить руку',
  'keys.react': 'Реакция',
  'react.open': 'Реакция',
  'react.tray': 'Реакции',
  'react.thumbs-up': 'Нравится',
  'react.applause': 'Аплодисменты',
  'react.heart': 'Сердце',
  'react.laugh': 'Смешно',
  'react.surprise': 'Ого',
  'react.party': 'Праздник',
  'react.from': '{name}: {reaction}',
  'react.fast': 'Слишком часто. Подождите немного.',
};
