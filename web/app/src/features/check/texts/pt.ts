import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Testar a conexão',
  'close': 'Fechar',
  'failed': 'Não foi possível carregar o teste. Tente de novo.',
};
