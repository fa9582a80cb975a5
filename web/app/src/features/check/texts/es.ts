import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Probar la conexión',
  'close': 'Cerrar',
  'failed': 'No se ha podido cargar la prueba. Inténtalo de nuevo.',
};
