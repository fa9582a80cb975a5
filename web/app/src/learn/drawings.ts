/** A drawing for each lesson, in the manner of the icons. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

const drawings = {
  camera: svg`<rect x="3" y="6.5" width="12.5" height="11" rx="2.5"/><path d="m15.5 10.8 4.2-2.6a.9.9 0 0 1 1.3.8v6a.9.9 0 0 1-1.3.8l-4.2-2.6"/>`,
  devices: svg`<rect x="3" y="4.5" width="11" height="8.5" rx="1.8"/><path d="M6 16.5h5M17.5 9.5h2A1.5 1.5 0 0 1 21 11v7a1.5 1.5 0 0 1-1.5 1.5h-4A1.5 1.5 0 0 1 14 18v-2.5"/>`,
  audio: svg`<path d="M3 12h2l2-6 3.2 12 3-15 2.8 12 1.6-3H21"/>`,
  screen: svg`<rect x="3" y="4.5" width="18" height="12.5" rx="2.2"/><path d="M8.5 20.5h7M12 13.8V8M9.5 10.3 12 7.8l2.5 2.5"/>`,
  recorder: svg`<circle cx="12" cy="12" r="8.3"/><circle cx="12" cy="12" r="3.2"/>`,
  connection: svg`<rect x="2.5" y="8" width="6" height="8" rx="1.6"/><rect x="15.5" y="8" width="6" height="8" rx="1.6"/><path d="M8.5 11h7M15.5 14h-7"/>`,
  sdp: svg`<path d="M6.5 3.5h8l4 4v13h-12zM9.5 9h3M9.5 12.5h6M9.5 16h6"/>`,
  'by-hand': svg`<rect x="8.5" y="8.5" width="11" height="11" rx="2.2"/><path d="M15.5 8.5V6.7A2.2 2.2 0 0 0 13.3 4.5H6.7A2.2 2.2 0 0 0 4.5 6.7v6.6a2.2 2.2 0 0 0 2.2 2.2h1.8"/>`,
  candidates: svg`<circle cx="5" cy="12" r="2.2"/><circle cx="19" cy="5.5" r="2"/><circle cx="19" cy="12" r="2"/><circle cx="19" cy="18.5" r="2"/><path d="m7 11 10-4.8M7.2 12H17M7 13l10 4.8"/>`,
  restart: svg`<path d="M4.5 12a7.5 7.5 0 0 1 13-5.1L19.5 9M19.5 4.5V9H15M19.5 12a7.5 7.5 0 0 1-13 5.1L4.5 15M4.5 19.5V15H9"/>`,
  codecs: svg`<path d="M4 19.5V14M8 19.5v-9M12 19.5V5M16 19.5v-7M20 19.5V9"/>`,
  channels: svg`<path d="M3 7h13M13 4l3.5 3-3.5 3M21 17H8M11 14l-3.5 3 3.5 3M20 7h1M3 17h1"/>`,
  game: svg`<path d="M4 8v6M20 10v6M12 4.5v2M12 11v2M12 17.5v2"/><circle cx="15.5" cy="10" r="1.3"/>`,
  face: svg`<circle cx="12" cy="12" r="8.3"/><path d="M9 10h.01M15 10h.01M8.5 14.3a4.3 4.3 0 0 0 7 0"/>`,
  pointer: svg`<path d="m6 4 13 7-5.8 1.8L10.5 19z"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type Drawing = keyof typeof drawings;

export function drawing(name: Drawing): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${drawings[name]}</svg>`;
}
