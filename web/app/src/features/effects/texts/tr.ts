import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'title': 'Arka plan',
  'switch': 'Arka planı bulanıklaştır',
  'on': 'Arka planı bulanıklaştır',
  'off': 'Arka planı göster',
  'explain': 'Siz net kalırsınız, arkanızdaki oda kalmaz. Bu tarayıcıda hesaplanır; bunun için hiçbir görüntü dışarı çıkmaz.',
  'starting': 'Başlatılıyor…',
  'native': 'Bunu kameranız kendisi yapıyor.',
  'running': { one: 'Saniyede {count} kare', other: 'Saniyede {count} kare' },
  'slow': 'Bu cihaz arka planı bulanıklaştırmak için çok yavaş. Görüntü olduğu gibi gösteriliyor.',
  'failed': 'Arka plan bulanıklaştırılamadı. Görüntü olduğu gibi gösteriliyor.',
  'camera-off': 'Kameranız kapalı.',
};
