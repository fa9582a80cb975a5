import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'open': 'Enregistrer un rapport de diagnostic',
  'title': 'Rapport de diagnostic',
  'lead': 'Tous les événements et statistiques de cet appel en un fichier, pour qui cherche une panne.',
  'without': 'N’y figurent jamais : ce qui a été dit, écrit ou envoyé, les mots de passe et le nom de la salle.',
  'redact': 'Retirer les noms et les adresses',
  'save': 'Enregistrer',
  'live': 'Observer en direct dans un nouvel onglet',
  'failed': 'Impossible d’enregistrer le rapport. Observez-le plutôt en direct.',
  'quality.open': 'Qu’est-ce que cela veut dire ?',
  'quality.lead': 'La plus mauvaise des trois valeurs décide :',
  'quality.below': 'moins de {value}',
  'quality.more': 'tout ce qui dépasse',
  'quality.good': 'Cela ne s’entend pas et ne se voit pas.',
  'quality.fair': 'Un mot ou une image manque de temps en temps.',
  'quality.poor': 'Il devient difficile de se parler.',
};
