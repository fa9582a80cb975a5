import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Segure para falar',
  'talk.key': 'Espaço',
  'captions.title': 'Legendas',
  'captions.show': 'Mostrar legendas dos outros',
  'captions.hide': 'Ocultar legendas dos outros',
  'captions.mine': 'Legendar o que eu digo',
  'captions.mine.text': 'Todos na chamada podem ler.',
  'captions.language': 'Eu falo',
  'captions.none': 'Este navegador não reconhece a fala. Você ainda pode ler as legendas dos outros.',
  'captions.here': 'Sua fala é reconhecida neste navegador e não sai dele.',
  'captions.preparing': 'Preparando…',
  'captions.elsewhere': 'Este navegador envia sua voz ao fabricante dele para reconhecê-la. Nada é enviado antes de você concordar.',
  'captions.agree': 'Concordar e iniciar',
  'captions.cancel': 'Agora não',
  'captions.not-allowed': 'O navegador não permitiu o reconhecimento de fala.',
  'captions.network': 'O reconhecimento de fala deste navegador está fora de alcance.',
  'captions.trouble.language': 'Este idioma não é reconhecido aqui.',
  'captions.failed': 'O reconhecimento de fala parou.',
  'captions.you': 'Você',
  'captions.guest': 'Visitante',
  'keys.captions': 'Mostrar ou ocultar legendas',
};
