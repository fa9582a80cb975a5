import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Basılı tut, konuş',
  'talk.key': 'Boşluk',
  'captions.title': 'Altyazılar',
  'captions.show': 'Diğerlerinin altyazılarını göster',
  'captions.hide': 'Diğerlerinin altyazılarını gizle',
  'captions.mine': 'Söylediklerime altyazı ekle',
  'captions.mine.text': 'Görüşmedeki herkes okuyabilir.',
  'captions.language': 'Konuştuğum dil',
  'captions.none': 'Bu tarayıcı konuşmayı tanıyamıyor. Diğerlerinin altyazılarını yine de okuyabilirsiniz.',
  'captions.here': 'Konuşmanız bu tarayıcıda tanınır ve dışarı çıkmaz.',
  'captions.preparing': 'Hazırlanıyor…',
  'captions.elsewhere': 'Bu tarayıcı, tanımak için sesinizi üreticisine gönderir. Siz kabul etmeden hiçbir şey gönderilmez.',
  'captions.agree': 'Kabul et ve başla',
  'captions.cancel': 'Şimdi değil',
  'captions.not-allowed': 'Tarayıcı konuşma tanımaya izin vermedi.',
  'captions.network': 'Bu tarayıcının konuşma tanıma hizmetine ulaşılamıyor.',
  'captions.trouble.language': 'Bu dil burada tanınmıyor.',
  'captions.failed': 'Konuşma tanıma durdu.',
  'captions.you': 'Siz',
  'captions.guest': 'Konuk',
  'keys.captions': 'Altyazıları göster veya gizle',
};
