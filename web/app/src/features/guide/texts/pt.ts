import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'alt.chrome': 'O ícone à esquerda do endereço no Chrome abre uma lista com um botão para a câmera e outro para o microfone.',
  'alt.edge': 'O cadeado à esquerda do endereço no Edge abre uma lista com um botão para a câmera e outro para o microfone.',
  'alt.firefox': 'A câmera riscada à esquerda do endereço no Firefox abre uma lista; o X ao lado de cada item remove o bloqueio.',
  'alt.safari': 'O menu Safari tem um item para os ajustes deste site, com uma opção para a câmera e outra para o microfone.',
  'alt.android': 'O ícone à esquerda do endereço abre as permissões da página, com um botão para a câmera e outro para o microfone.',
  'alt.ios': 'O ícone à esquerda do endereço abre os ajustes do site, para câmera e microfone.',
  'alt.windows-settings': 'Privacidade nas configurações do Windows, com botões para o dispositivo, para todos os aplicativos e para o navegador.',
  'alt.macos-settings': 'Privacidade nos ajustes do macOS, com um botão para o navegador.',
  'alt.android-settings': 'O navegador na lista de apps do celular, e suas permissões de câmera e microfone.',
  'alt.ios-settings': 'O navegador nos ajustes do celular, com botões para câmera e microfone.',
  'steps.windows': 'Abra Configurações, Privacidade e segurança.\nEscolha Câmera ou Microfone e permita o acesso.\nPermita também os aplicativos da área de trabalho.',
  'steps.macos': 'Abra Ajustes do Sistema, Privacidade e Segurança.\nEscolha Câmera, Microfone ou Gravação da Tela e ative o navegador.\nReinicie o navegador.',
  'steps.android': 'Abra Configurações, Apps, e escolha o navegador.\nAbra Permissões e permita câmera e microfone.',
  'steps.ios': 'Abra Ajustes e escolha o navegador.\nAtive câmera e microfone.',
  'still': 'Ainda não? O sistema pode estar bloqueando',
};
