import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': '保存诊断报告',
  'title': '诊断报告',
  'lead': '将此通话的所有事件和统计数据汇集到一个文件中，供排查故障的人使用。',
  'without': '其中绝不包含：说过、写过或发送过的内容，密码，以及房间名称。',
  'redact': '不含姓名和地址',
  'save': '保存',
  'live': '在新标签页中实时查看',
  'failed': '无法保存报告。请改为实时查看。',
  'quality.open': '这是什么意思？',
  'quality.lead': '以三项数值中最差的一项为准：',
  'quality.below': '低于 {value}',
  'quality.more': '超出以上数值',
  'quality.good': '听不出也看不出任何影响。',
  'quality.fair': '偶尔会漏掉一个词或一帧画面。',
  'quality.poor': '交谈变得困难。',
};
