import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': '小窗',
  'close': '关闭小窗',
  'title': '{room} 中的通话',
  'firefox': 'Firefox 的每个画面上都有小窗按钮：将鼠标移到画面上即可看到。',
  'none': '此浏览器不支持小窗。',
  'failed': '无法打开小窗。',
  'keys': '小窗',
  'call': 'Parley 通话',
};
