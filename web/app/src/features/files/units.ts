/** Sizes, speeds and times as people read them, in the language chosen. */
import { currentLocale } from '../../i18n/index.js';
import { t } from './texts.js';

const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Powers of ten, as disks are sold and systems show them. */
export function size(bytes: number): string {
  const [value, step] = scaled(bytes);
  return inUnit(value, step);
}

export function speed(bitsPerSecond: number): string {
  const [value, step] = scaled(bitsPerSecond / 8);
  return inUnit(value, `${step}-per-second`);
}

export function left(seconds: number): string {
  const [value, unit] = seconds < 60 ? [Math.max(1, Math.ceil(seconds)), 'second'] as const
    : seconds < 3600 ? [Math.ceil(seconds / 60), 'minute'] as const : [Math.ceil(seconds / 3600), 'hour'] as const;
  return t('left', { time: new Intl.NumberFormat(currentLocale(), { style: 'unit', unit }).format(value) });
}

export function percent(fraction: number): string {
  return new Intl.NumberFormat(currentLocale(), { style: 'percent' }).format(fraction);
}

function scaled(bytes: number): [number, typeof steps[number]] {
  const power = bytes < 1000 ? 0 : Math.min(steps.length - 1, Math.floor(Math.log10(bytes) / 3));
  return [bytes / 1000 ** power, steps[power] ?? 'byte'];
}

function inUnit(value: number, unit: string): string {
  const digits = value < 10 && !unit.startsWith('byte') ? 1 : 0;
  return new Intl.NumberFormat(currentLocale(), { style: 'unit', unit, maximumFractionDigits: digits }).format(value);
}
