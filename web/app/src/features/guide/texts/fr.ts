import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'alt.chrome': 'Dans Chrome, l’icône à gauche de l’adresse ouvre une liste avec un interrupteur pour la caméra et un pour le micro.',
  'alt.edge': 'Dans Edge, le cadenas à gauche de l’adresse ouvre une liste avec un interrupteur pour la caméra et un pour le micro.',
  'alt.firefox': 'Dans Firefox, la caméra barrée à gauche de l’adresse ouvre une liste ; la croix à côté de chaque entrée supprime le blocage.',
  'alt.safari': 'Le menu Safari a une entrée pour les réglages de ce site web, avec un choix pour la caméra et un pour le micro.',
  'alt.android': 'L’icône à gauche de l’adresse ouvre les autorisations de la page, avec un interrupteur pour la caméra et un pour le micro.',
  'alt.ios': 'L’icône à gauche de l’adresse ouvre les réglages du site web, pour la caméra et le micro.',
  'alt.windows-settings': 'Confidentialité dans les paramètres de Windows, avec des interrupteurs pour l’appareil, toutes les applications et le navigateur.',
  'alt.macos-settings': 'Confidentialité dans les réglages de macOS, avec un interrupteur pour le navigateur.',
  'alt.android-settings': 'Le navigateur dans la liste des applications du téléphone, et ses autorisations pour la caméra et le micro.',
  'alt.ios-settings': 'Le navigateur dans les réglages du téléphone, avec des interrupteurs pour la caméra et le micro.',
  'steps.windows': 'Ouvrez Paramètres, « Confidentialité et sécurité ».\nChoisissez Caméra ou Microphone, et autorisez l’accès.\nAutorisez aussi les applications de bureau.',
  'steps.macos': 'Ouvrez Réglages Système, « Confidentialité et sécurité ».\nChoisissez Appareil photo, Microphone ou Enregistrement de l’écran, et activez le navigateur.\nRedémarrez le navigateur.',
  'steps.android': 'Ouvrez Paramètres, Applications, et choisissez le navigateur.\nOuvrez Autorisations, et autorisez la caméra et le micro.',
  'steps.ios': 'Ouvrez Réglages et choisissez le navigateur.\nActivez l’appareil photo et le micro.',
  'still': 'Toujours rien ? Le système bloque peut-être',
};
