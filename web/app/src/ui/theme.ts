import { remember, settings, type Settings } from '../settings.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Puts the theme into effect; boot.ts has done so once before anything was drawn. */
export function applyTheme(): void {
  const { theme } = settings();
  const resolved = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
  document.documentElement.dataset.theme = resolved;
  const background = getComputedStyle(document.documentElement).getPropertyValue('--ground').trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', background);
}

export function setTheme(theme: Settings['theme']): void {
  remember({ theme });
  applyTheme();
}

export function followSystemTheme(): void {
  dark.addEventListener('change', applyTheme);
  applyTheme();
}
