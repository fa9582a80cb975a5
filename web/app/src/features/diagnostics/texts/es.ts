import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Guardar un informe de diagnóstico',
  'title': 'Informe de diagnóstico',
  'lead': 'Todos los eventos y estadísticas de esta llamada en un archivo, para quien busque un fallo.',
  'without': 'Nunca contiene lo que se dijo, escribió o envió, ni contraseñas, ni el nombre de la sala.',
  'redact': 'Omitir nombres y direcciones',
  'save': 'Guardar',
  'live': 'Observar en vivo en una pestaña nueva',
  'failed': 'No se ha podido guardar el informe. Obsérvalo en vivo.',
  'quality.open': '¿Qué significa esto?',
  'quality.lead': 'Decide el peor de los tres valores:',
  'quality.below': 'menos de {value}',
  'quality.more': 'todo lo que lo supere',
  'quality.good': 'No se nota ni al oír ni al ver.',
  'quality.fair': 'De vez en cuando falta una palabra o una imagen.',
  'quality.poor': 'Cuesta hablar.',
};
