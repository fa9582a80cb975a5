import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'title': 'Plano de fundo',
  'switch': 'Desfocar o plano de fundo',
  'on': 'Desfocar plano de fundo',
  'off': 'Mostrar plano de fundo',
  'explain': 'Você fica nítido; o que está atrás de você, não. Tudo é calculado neste navegador, e nenhuma imagem sai dele para isso.',
  'starting': 'Iniciando…',
  'native': 'Sua própria câmera faz isso.',
  'running': { one: '{count} quadro por segundo', many: '{count} quadros por segundo', other: '{count} quadros por segundo' },
  'slow': 'Este aparelho é lento demais para desfocar o plano de fundo. A imagem aparece sem efeito.',
  'failed': 'Não foi possível desfocar o plano de fundo. A imagem aparece sem efeito.',
  'camera-off': 'Sua câmera está desligada.',
};
