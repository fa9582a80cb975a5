import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Утримуйте, щоб говорити',
  'talk.key': 'Пробіл',
  'captions.title': 'Субтитри',
  'captions.show': 'Показати субтитри інших',
  'captions.hide': 'Сховати субтитри інших',
  'captions.mine': 'Субтитри з моїх слів',
  'captions.mine.text': 'Їх можуть читати всі учасники дзвінка.',
  'captions.language': 'Я говорю',
  'captions.none': 'Цей браузер не вміє розпізнавати мовлення. Читати субтитри інших можна.',
  'captions.here': 'Ваше мовлення розпізнається в цьому браузері й не залишає його.',
  'captions.preparing': 'Готуємо…',
  'captions.elsewhere': 'Для розпізнавання цей браузер надсилає ваш голос своєму розробнику. Без вашої згоди нічого не надсилається.',
  'captions.agree': 'Погодитися й почати',
  'captions.cancel': 'Не зараз',
  'captions.not-allowed': 'Браузер не дозволив розпізнавання мовлення.',
  'captions.network': 'Служба розпізнавання мовлення цього браузера недоступна.',
  'captions.trouble.language': 'Ця мова тут не розпізнається.',
  'captions.failed': 'Розпізнавання мовлення зупинилося.',
  'captions.you': 'Ви',
  'captions.guest': 'Гість',
  'keys.captions': 'Показати чи сховати субтитри',
};
