import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Ventana pequeña',
  'close': 'Cerrar ventana pequeña',
  'title': 'Llamada en la sala {room}',
  'firefox': 'Firefox tiene un botón para esto en cada imagen: apunta a ella.',
  'none': 'Este navegador no tiene ventanas pequeñas.',
  'failed': 'No se ha podido abrir la ventana pequeña.',
  'keys': 'Ventana pequeña',
  'call': 'Llamada de Parley',
};
