import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'title': 'Fondo',
  'switch': 'Desenfocar el fondo',
  'on': 'Desenfocar el fondo',
  'off': 'Mostrar el fondo',
  'explain': 'Tu imagen queda nítida; la habitación detrás de ti, no. Se calcula en este navegador; ninguna imagen sale de él para eso.',
  'starting': 'Iniciando…',
  'native': 'Tu cámara lo hace por sí misma.',
  'running': { one: '{count} imagen por segundo', many: '{count} de imágenes por segundo', other: '{count} imágenes por segundo' },
  'slow': 'Este equipo es demasiado lento para desenfocar el fondo. Se muestra la imagen tal cual.',
  'failed': 'No se ha podido desenfocar el fondo. Se muestra la imagen tal cual.',
  'camera-off': 'Tu cámara está desactivada.',
};
