/** Starts the app. Must not wait for anything before `parley-app` is defined: boot.ts looks for it. */
import { negotiate, locales, setLocale, type Locale } from './i18n/index.js';
import { settings } from './settings.js';
import { registerWorker } from './sw/register.js';
import { followSystemTheme } from './ui/theme.js';
import './app.js';

const { locale } = settings();
followSystemTheme();
registerWorker();
void setLocale(locale in locales ? (locale as Locale) : negotiate(navigator.languages))
  // A language that did not load is no reason for no app: English is always there.
  .catch(() => setLocale('en'))
  .then(() => document.querySelector('parley-app')?.start());
