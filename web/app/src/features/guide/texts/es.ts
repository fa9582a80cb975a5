import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'alt.chrome': 'En Chrome, el icono a la izquierda de la dirección abre una lista con un interruptor para la cámara y otro para el micrófono.',
  'alt.edge': 'En Edge, el candado a la izquierda de la dirección abre una lista con un interruptor para la cámara y otro para el micrófono.',
  'alt.firefox': 'En Firefox, la cámara tachada a la izquierda de la dirección abre una lista; la cruz junto a cada entrada quita el bloqueo.',
  'alt.safari': 'El menú Safari tiene una entrada para los ajustes de este sitio web, con una opción para la cámara y otra para el micrófono.',
  'alt.android': 'El icono a la izquierda de la dirección abre los permisos de la página, con un interruptor para la cámara y otro para el micrófono.',
  'alt.ios': 'El icono a la izquierda de la dirección abre los ajustes del sitio web, para la cámara y el micrófono.',
  'alt.windows-settings': 'Privacidad en la configuración de Windows, con interruptores para el dispositivo, todas las aplicaciones y el navegador.',
  'alt.macos-settings': 'Privacidad en los ajustes de macOS, con un interruptor para el navegador.',
  'alt.android-settings': 'El navegador en la lista de aplicaciones del teléfono, y sus permisos de cámara y micrófono.',
  'alt.ios-settings': 'El navegador en los ajustes del teléfono, con interruptores para la cámara y el micrófono.',
  'steps.windows': 'Abre Configuración, «Privacidad y seguridad».\nElige Cámara o Micrófono y permite el acceso.\nPermite también las aplicaciones de escritorio.',
  'steps.macos': 'Abre Ajustes del Sistema, «Privacidad y seguridad».\nElige Cámara, Micrófono o Grabación de pantalla y activa el navegador.\nReinicia el navegador.',
  'steps.android': 'Abre Ajustes, Aplicaciones, y elige el navegador.\nAbre Permisos y permite la cámara y el micrófono.',
  'steps.ios': 'Abre Ajustes y elige el navegador.\nActiva la cámara y el micrófono.',
  'still': '¿Todavía no? Puede que lo bloquee el sistema',
};
