import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Küçük pencere',
  'close': 'Küçük pencereyi kapat',
  'title': '{room} odasında görüşme',
  'firefox': 'Firefox’ta her görüntünün üzerinde bunun için bir düğme vardır: imleci üzerine getirin.',
  'none': 'Bu tarayıcıda küçük pencere yok.',
  'failed': 'Küçük pencere açılamadı.',
  'keys': 'Küçük pencere',
  'call': 'Parley görüşmesi',
};
