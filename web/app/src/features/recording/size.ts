import { formatNumber } from '../../i18n/index.js';
import { t } from './texts.js';

/** In units of a thousand, as systems show files. */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return t('unit.kb', { value: formatNumber(bytes / 1e3) });
  if (bytes < 1e9) return t('unit.mb', { value: formatNumber(bytes / 1e6, bytes < 1e7 ? 1 : 0) });
  return t('unit.gb', { value: formatNumber(bytes / 1e9, 1) });
}

/** Like 1:02:03. */
export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
