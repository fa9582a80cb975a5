import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Janela flutuante',
  'close': 'Fechar janela flutuante',
  'title': 'Chamada em {room}',
  'firefox': 'O Firefox tem um botão para isso em cada imagem: passe o mouse sobre ela.',
  'none': 'Este navegador não tem janelas flutuantes.',
  'failed': 'Não foi possível abrir a janela flutuante.',
  'keys': 'Janela flutuante',
  'call': 'Chamada do Parley',
};
