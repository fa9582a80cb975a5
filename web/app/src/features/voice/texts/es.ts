import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Mantener para hablar',
  'talk.key': 'Espacio',
  'captions.title': 'Subtítulos',
  'captions.show': 'Mostrar los subtítulos de los demás',
  'captions.hide': 'Ocultar los subtítulos de los demás',
  'captions.mine': 'Subtitular lo que digo',
  'captions.mine.text': 'Todos en la llamada pueden leerlo.',
  'captions.language': 'Hablo en',
  'captions.none': 'Este navegador no puede reconocer la voz. Aun así puedes leer los subtítulos de los demás.',
  'captions.here': 'Tu voz se reconoce en este navegador y no sale de él.',
  'captions.preparing': 'Preparando…',
  'captions.elsewhere': 'Para reconocer tu voz, este navegador la envía a su fabricante. No se envía nada hasta que aceptes.',
  'captions.agree': 'Aceptar y empezar',
  'captions.cancel': 'Ahora no',
  'captions.not-allowed': 'El navegador no ha permitido el reconocimiento de voz.',
  'captions.network': 'No se puede acceder al reconocimiento de voz de este navegador.',
  'captions.trouble.language': 'Este idioma no se reconoce aquí.',
  'captions.failed': 'El reconocimiento de voz se ha detenido.',
  'captions.you': 'Tú',
  'captions.guest': 'Visitante',
  'keys.captions': 'Mostrar u ocultar los subtítulos',
};
