import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': '测试连接',
  'close': '关闭',
  'failed': '无法加载测试，请重试。',
};
