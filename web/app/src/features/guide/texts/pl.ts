import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'alt.chrome': 'Ikona po lewej stronie adresu w Chrome otwiera listę z przełącznikami kamery i mikrofonu.',
  'alt.edge': 'Kłódka po lewej stronie adresu w Edge otwiera listę z przełącznikami kamery i mikrofonu.',
  'alt.firefox': 'Przekreślona kamera po lewej stronie adresu w Firefox otwiera listę; krzyżyk przy każdej pozycji usuwa blokadę.',
  'alt.safari': 'Menu Safari zawiera ustawienia tej witryny, z wyborem dla kamery i dla mikrofonu.',
  'alt.android': 'Ikona po lewej stronie adresu otwiera uprawnienia strony, z przełącznikami kamery i mikrofonu.',
  'alt.ios': 'Ikona po lewej stronie adresu otwiera ustawienia witryny dla kamery i mikrofonu.',
  'alt.windows-settings': 'Prywatność w ustawieniach Windows, z przełącznikami dla urządzenia, wszystkich aplikacji i przeglądarki.',
  'alt.macos-settings': 'Prywatność w ustawieniach macOS, z przełącznikiem dla przeglądarki.',
  'alt.android-settings': 'Przeglądarka na liście aplikacji telefonu i jej uprawnienia do kamery i mikrofonu.',
  'alt.ios-settings': 'Przeglądarka w ustawieniach telefonu, z przełącznikami kamery i mikrofonu.',
  'steps.windows': 'Otwórz „Ustawienia”, „Prywatność i zabezpieczenia”.\nWybierz „Kamera” lub „Mikrofon” i zezwól na dostęp.\nZezwól też aplikacjom klasycznym.',
  'steps.macos': 'Otwórz „Ustawienia systemowe”, „Prywatność i ochrona”.\nWybierz „Kamera”, „Mikrofon” lub „Nagrywanie ekranu” i włącz przeglądarkę.\nUruchom przeglądarkę ponownie.',
  'steps.android': 'Otwórz „Ustawienia”, „Aplikacje” i wybierz przeglądarkę.\nOtwórz „Uprawnienia” i zezwól na kamerę i mikrofon.',
  'steps.ios': 'Otwórz „Ustawienia” i wybierz przeglądarkę.\nWłącz kamerę i mikrofon.',
  'still': 'Nadal nie? Może blokuje je system',
};
