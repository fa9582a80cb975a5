import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'title': '背景',
  'switch': '虚化背景',
  'on': '虚化背景',
  'off': '显示背景',
  'explain': '您保持清晰，身后的房间变模糊。计算在此浏览器中完成，画面不会为此离开浏览器。',
  'starting': '正在启动…',
  'native': '由摄像头自身完成。',
  'running': { other: '每秒 {count} 帧' },
  'slow': '此设备太慢，无法虚化背景。现在显示原始画面。',
  'failed': '无法虚化背景。现在显示原始画面。',
  'camera-off': '您的摄像头已关闭。',
};
