import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'alt.chrome': 'Chrome’da adresin solundaki simge, kamera ve mikrofon için birer anahtar olan bir liste açar.',
  'alt.edge': 'Edge’de adresin solundaki kilit, kamera ve mikrofon için birer anahtar olan bir liste açar.',
  'alt.firefox': 'Firefox’ta adresin solundaki üstü çizili kamera bir liste açar; her satırın sonundaki çarpı engeli kaldırır.',
  'alt.safari': 'Safari menüsünde bu web sitesinin ayarları vardır; kamera ve mikrofon için birer seçim sunar.',
  'alt.android': 'Adresin solundaki simge, kamera ve mikrofon için birer anahtarla sayfanın izinlerini açar.',
  'alt.ios': 'Adresin solundaki simge, kamera ve mikrofon için web sitesi ayarlarını açar.',
  'alt.windows-settings': 'Windows ayarlarında gizlilik: cihaz, tüm uygulamalar ve tarayıcı için anahtarlar.',
  'alt.macos-settings': 'macOS ayarlarında gizlilik: tarayıcı için bir anahtar.',
  'alt.android-settings': 'Telefonun uygulama listesinde tarayıcı ile kamera ve mikrofon izinleri.',
  'alt.ios-settings': 'Telefonun ayarlarında tarayıcı: kamera ve mikrofon için anahtarlar.',
  'steps.windows': '“Ayarlar”ı, ardından “Gizlilik ve güvenlik” bölümünü açın.\n“Kamera” veya “Mikrofon” seçin ve erişime izin verin.\nMasaüstü uygulamalarına da izin verin.',
  'steps.macos': '“Sistem Ayarları”nı, ardından “Gizlilik ve Güvenlik” bölümünü açın.\n“Kamera”, “Mikrofon” veya “Ekran Kaydı” seçin ve tarayıcıyı açın.\nTarayıcıyı yeniden başlatın.',
  'steps.android': '“Ayarlar”ı, ardından “Uygulamalar”ı açın ve tarayıcıyı seçin.\n“İzinler”i açın, kamera ve mikrofona izin verin.',
  'steps.ios': '“Ayarlar”ı açın ve tarayıcıyı seçin.\nKamerayı ve mikrofonu açın.',
  'still': 'Hâlâ olmadı mı? Sistem engelliyor olabilir',
};
