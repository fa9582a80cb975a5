import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Salvar relatório de diagnóstico',
  'title': 'Relatório de diagnóstico',
  'lead': 'Todos os eventos e estatísticas desta chamada em um só arquivo, para quem procura uma falha.',
  'without': 'Nunca entra nele: o que foi dito, escrito ou enviado, senhas e o nome da sala.',
  'redact': 'Omitir nomes e endereços',
  'save': 'Salvar',
  'live': 'Ver ao vivo em uma nova aba',
  'failed': 'Não foi possível salvar o relatório. Veja-o ao vivo.',
  'quality.open': 'O que isto significa?',
  'quality.lead': 'O pior dos três valores decide:',
  'quality.below': 'abaixo de {value}',
  'quality.more': 'tudo acima disso',
  'quality.good': 'Não se ouve nem se vê nada disso.',
  'quality.fair': 'Às vezes se perde uma palavra ou uma imagem.',
  'quality.poor': 'Fica difícil conversar.',
};
