import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Bağlantıyı test et',
  'close': 'Kapat',
  'failed': 'Test yüklenemedi. Tekrar deneyin.',
};
