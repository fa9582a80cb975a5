import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Tanılama raporunu kaydet',
  'title': 'Tanılama raporu',
  'lead': 'Bu görüşmenin tüm olayları ve istatistikleri tek dosyada, arıza arayanlar için.',
  'without': 'İçinde asla olmayanlar: söylenen, yazılan veya gönderilenler, parolalar ve odanın adı.',
  'redact': 'Adları ve adresleri çıkar',
  'save': 'Kaydet',
  'live': 'Yeni sekmede canlı izle',
  'failed': 'Rapor kaydedilemedi. Bunun yerine canlı izleyin.',
  'quality.open': 'Bu ne demek?',
  'quality.lead': 'Üç değerin en kötüsü belirler:',
  'quality.below': '{value} altı',
  'quality.more': 'bunun üstündeki her şey',
  'quality.good': 'Hiçbir etkisi duyulmaz ve görülmez.',
  'quality.fair': 'Ara sıra bir sözcük veya bir kare kaçar.',
  'quality.poor': 'Konuşmak zorlaşır.',
};
