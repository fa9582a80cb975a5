import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'hand.raise': '举手',
  'hand.lower': '放下手',
  'hand.raised': '{name} 举手了',
  'hand.mine': '您已举手',
  'hand.place': '已举手，第 {place} 位',
  'hands.title': { other: '{count} 人举手' },
  'hands.lower.name': '放下 {name} 的手',
  'hands.lower.all': '全部放下',
  'keys.hand': '举手或放下手',
  'keys.react': '表情回应',
  'react.open': '表情回应',
  'react.tray': '表情回应',
  'react.thumbs-up': '点赞',
  'react.applause': '鼓掌',
  'react.heart': '爱心',
  'react.laugh': '大笑',
  'react.surprise': '惊讶',
  'react.party': '庆祝',
  'react.from': '{name}：{reaction}',
  'react.fast': '太快了，请稍等片刻。',
};
