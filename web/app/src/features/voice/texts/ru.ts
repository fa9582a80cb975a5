import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Удерживайте, чтобы говорить',
  'talk.key': 'Пробел',
  'captions.title': 'Субтитры',
  'captions.show': 'Показывать субтитры собеседников',
  'captions.hide': 'Скрыть субтитры собеседников',
  'captions.mine': 'Записывать мою речь субтитрами',
  'captions.mine.text': 'Прочитать их могут все участники звонка.',
  'captions.language': 'Я говорю',
  'captions.none': 'Этот браузер не умеет распознавать речь. Читать субтитры собеседников можно.',
  'captions.here': 'Речь распознаётся в этом браузере и никуда не отправляется.',
  'captions.preparing': 'Подготовка…',
  'captions.elsewhere': 'Для распознавания этот браузер отправляет ваш голос своему разработчику. Без вашего согласия ничего не отправляется.',
  'captions.agree': 'Согласиться и начать',
  'captions.cancel': 'Не сейчас',
  'captions.not-allowed': 'Браузер не разрешил распознавание речи.',
  'captions.network': 'Служба распознавания речи этого браузера недоступна.',
  'captions.trouble.language': 'Этот язык здесь не распознаётся.',
  'captions.failed': 'Распознавание речи остановилось.',
  'captions.you': 'Вы',
  'captions.guest': 'Гость',
  'keys.captions': 'Показать или скрыть субтитры',
};
