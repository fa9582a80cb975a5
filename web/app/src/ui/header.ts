import { html, type TemplateResult } from 'lit';
import { currentLocale, locales, setLocale, t, type Locale } from '../i18n/index.js';
import { navigate } from '../router.js';
import { remember, settings, type Settings } from '../settings.js';
import { toast } from '../store.js';
import { icon, wordmark, type IconName } from './icons.js';
import { setTheme } from './theme.js';
import { define, View } from './view.js';

const themes: Settings['theme'][] = ['system', 'light', 'dark'];
const themeIcons: Record<Settings['theme'], IconName> = { system: 'auto', light: 'sun', dark: 'moon' };

export function chooseLocale(locale: Locale): void {
  remember({ locale });
  setLocale(locale).catch(() => toast('language.failed', {}, 'warning'));
}

export function nextTheme(): void {
  setTheme(themes[(themes.indexOf(settings().theme) + 1) % themes.length] ?? 'system');
}

export function themeName(): string {
  const { theme } = settings();
  return t(theme === 'system' ? 'theme.system' : theme === 'light' ? 'theme.light' : 'theme.dark');
}

export function themeIcon(): IconName {
  return themeIcons[settings().theme];
}

/** The bar above all pages but the call: mark, language, theme. */
class Header extends View {
  override render(): TemplateResult {
    const label = t('theme.switch', { theme: themeName() });
    return html`<header class="header">
      <a class="home-link" href="/" @click=${goHome} aria-label=${t('app.home')}>${wordmark()}</a>
      <div class="header-tools">
        <label class="language">
          <span class="visually-hidden">${t('language.label')}</span>${icon('globe')}
          <select name="language" @change=${(event: Event) => chooseLocale((event.target as HTMLSelectElement).value as Locale)}>
            ${Object.entries(locales).map(([code, name]) => html`<option value=${code} ?selected=${code === currentLocale()} lang=${code}>${name}</option>`)}
          </select>
        </label>
        <button class="icon-button" type="button" title=${label} aria-label=${label} @click=${() => this.#switchTheme()}>${icon(themeIcon())}</button>
      </div>
    </header>`;
  }

  #switchTheme(): void {
    nextTheme();
    this.requestUpdate();
  }
}

function goHome(event: MouseEvent): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  navigate('/');
}

define('parley-header', Header);
