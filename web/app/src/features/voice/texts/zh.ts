import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': '按住说话',
  'talk.key': '空格键',
  'captions.title': '字幕',
  'captions.show': '显示他人的字幕',
  'captions.hide': '隐藏他人的字幕',
  'captions.mine': '为我说的话加字幕',
  'captions.mine.text': '通话中的所有人都能看到。',
  'captions.language': '我说',
  'captions.none': '此浏览器无法识别语音。您仍可阅读他人的字幕。',
  'captions.here': '语音在此浏览器中识别，不会离开浏览器。',
  'captions.preparing': '正在准备…',
  'captions.elsewhere': '此浏览器会将您的语音发送给其开发商进行识别。在您同意之前，不会发送任何内容。',
  'captions.agree': '同意并开始',
  'captions.cancel': '暂不',
  'captions.not-allowed': '浏览器不允许语音识别。',
  'captions.network': '无法连接此浏览器的语音识别服务。',
  'captions.trouble.language': '这里无法识别此语言。',
  'captions.failed': '语音识别已停止。',
  'captions.you': '您',
  'captions.guest': '访客',
  'keys.captions': '显示或隐藏字幕',
};
