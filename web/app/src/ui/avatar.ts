import { html, type TemplateResult } from 'lit';
import { icon } from './icons.js';

const hues = 8;

/** One of the colours of the style sheet, the same for the same id. */
export function hueOf(id: string): number {
  if (id === 'self') return 0;
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return hash % hues;
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => word !== '');
  const first = words[0];
  if (first === undefined) return '';
  const last = words.length > 1 ? words[words.length - 1] ?? '' : '';
  return [first, last].map((word) => [...word][0] ?? '').join('').toLocaleUpperCase();
}

/** Decorative: the name stands beside it. */
export function avatar(name: string, id: string): TemplateResult {
  const letters = initials(name);
  return html`<span class="avatar hue-${hueOf(id)}" aria-hidden="true">${letters === '' ? icon('person') : letters}</span>`;
}
