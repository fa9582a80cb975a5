import type { Translation } from '../../../i18n/index.js';
import type { en } from './en.js';

export const texts: Translation<typeof en> = {
  'talk.hold': 'Przytrzymaj, aby mówić',
  'talk.key': 'Spacja',
  'captions.title': 'Napisy',
  'captions.show': 'Pokaż napisy innych osób',
  'captions.hide': 'Ukryj napisy innych osób',
  'captions.mine': 'Twórz napisy z mojej mowy',
  'captions.mine.text': 'Może je czytać każda osoba w rozmowie.',
  'captions.language': 'Mówię w języku',
  'captions.none': 'Ta przeglądarka nie rozpoznaje mowy. Możesz jednak czytać napisy innych osób.',
  'captions.here': 'Twoja mowa jest rozpoznawana w tej przeglądarce i jej nie opuszcza.',
  'captions.preparing': 'Przygotowywanie…',
  'captions.elsewhere': 'Aby rozpoznać mowę, ta przeglądarka wysyła Twój głos do swojego producenta. Bez Twojej zgody nic nie zostanie wysłane.',
  'captions.agree': 'Zgadzam się i zaczynam',
  'captions.cancel': 'Nie teraz',
  'captions.not-allowed': 'Przeglądarka nie zezwoliła na rozpoznawanie mowy.',
  'captions.network': 'Usługa rozpoznawania mowy tej przeglądarki jest nieosiągalna.',
  'captions.trouble.language': 'Ten język nie jest tu rozpoznawany.',
  'captions.failed': 'Rozpoznawanie mowy się zatrzymało.',
  'captions.you': 'Ty',
  'captions.guest': 'Gość',
  'keys.captions': 'Pokaż lub ukryj napisy',
};
