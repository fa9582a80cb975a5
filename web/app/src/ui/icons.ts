// Parley's own icons: 24 by 24, drawn with one stroke weight, colour of the text.
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

const paths = {
  mic: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"/>`,
  'mic-off': svg`<path d="M15 10.5V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.5 6.5 0 0 1-.5 2.5M12 18v3M4 4l16 16"/>`,
  camera: svg`<rect x="3" y="6.5" width="12.5" height="11" rx="2.5"/><path d="m15.5 10.8 4.2-2.6a.9.9 0 0 1 1.3.8v6a.9.9 0 0 1-1.3.8l-4.2-2.6"/>`,
  'camera-off': svg`<path d="M10 6.5h3a2.5 2.5 0 0 1 2.5 2.5v1.8l4.2-2.6a.9.9 0 0 1 1.3.8v6M14.9 16.7a2.5 2.5 0 0 1-1.9.8H5.5A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 1.8-2.4M4 4l16 16"/>`,
  screen: svg`<rect x="3" y="4.5" width="18" height="12.5" rx="2.2"/><path d="M8.5 20.5h7M12 13.8V8M9.5 10.3 12 7.8l2.5 2.5"/>`,
  'screen-stop': svg`<rect x="3" y="4.5" width="18" height="12.5" rx="2.2"/><path d="M8.5 20.5h7M9.8 8.6l4.4 4.4M14.2 8.6l-4.4 4.4"/>`,
  chat: svg`<path d="M4.5 19.5V7A2.5 2.5 0 0 1 7 4.5h10A2.5 2.5 0 0 1 19.5 7v6.5A2.5 2.5 0 0 1 17 16H9z"/><path d="M8.5 8.8h7M8.5 12h4.5"/>`,
  people: svg`<circle cx="9" cy="8.2" r="3.2"/><path d="M3 19c.3-3.3 2.7-5.2 6-5.2s5.7 1.9 6 5.2M15.3 5.3a3.2 3.2 0 0 1 0 5.8M17.2 14.3c2.2.6 3.6 2.3 3.8 4.7"/>`,
  person: svg`<circle cx="12" cy="8.5" r="3.7"/><path d="M5 20c.4-4 3.1-6 7-6s6.6 2 7 6"/>`,
  leave: svg`<path d="M3.3 15.2c-.5-1.5-.2-3 .9-4C6.3 9.2 9 8.2 12 8.2s5.7 1 7.8 3c1.1 1 1.4 2.5.9 4l-.2.6a1 1 0 0 1-1.3.6l-3-1.1a1 1 0 0 1-.7-1l.1-1.6a11 11 0 0 0-7.2 0l.1 1.6a1 1 0 0 1-.7 1l-3 1.1a1 1 0 0 1-1.3-.6z"/>`,
  more: svg`<circle cx="5.5" cy="12" r="1.1"/><circle cx="12" cy="12" r="1.1"/><circle cx="18.5" cy="12" r="1.1"/>`,
  settings: svg`<path d="M4 7.5h9M17.5 7.5H20M4 16.5h2.5M11 16.5h9"/><circle cx="15.2" cy="7.5" r="2.2"/><circle cx="8.7" cy="16.5" r="2.2"/>`,
  expand: svg`<path d="M9 4.5H6A1.5 1.5 0 0 0 4.5 6v3M15 4.5h3A1.5 1.5 0 0 1 19.5 6v3M9 19.5H6A1.5 1.5 0 0 1 4.5 18v-3M15 19.5h3a1.5 1.5 0 0 0 1.5-1.5v-3"/>`,
  shrink: svg`<path d="M4.5 9H7.5A1.5 1.5 0 0 0 9 7.5v-3M19.5 9h-3A1.5 1.5 0 0 1 15 7.5v-3M4.5 15h3A1.5 1.5 0 0 1 9 16.5v3M19.5 15h-3a1.5 1.5 0 0 0-1.5 1.5v3"/>`,
  link: svg`<path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1"/>`,
  copy: svg`<rect x="8.5" y="8.5" width="11" height="11" rx="2.2"/><path d="M15.5 8.5V6.7A2.2 2.2 0 0 0 13.3 4.5H6.7A2.2 2.2 0 0 0 4.5 6.7v6.6a2.2 2.2 0 0 0 2.2 2.2h1.8"/>`,
  share: svg`<path d="M12 15V4.5M8.3 7.8 12 4.2l3.7 3.6M5 12.5v5A2.5 2.5 0 0 0 7.5 20h9a2.5 2.5 0 0 0 2.5-2.5v-5"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  send: svg`<path d="M5 12h13M12.5 6.5 18.5 12l-6 5.5"/>`,
  arrow: svg`<path d="M5 12h13.5M13 6.5l5.5 5.5-5.5 5.5"/>`,
  keyboard: svg`<rect x="3" y="6" width="18" height="12" rx="2.2"/><path d="M7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M7 14h.01M10 14h4M17 14h.01"/>`,
  sun: svg`<circle cx="12" cy="12" r="3.8"/><path d="M12 3v1.8M12 19.2V21M3 12h1.8M19.2 12H21M5.6 5.6l1.3 1.3M17.1 17.1l1.3 1.3M18.4 5.6l-1.3 1.3M6.9 17.1l-1.3 1.3"/>`,
  moon: svg`<path d="M19.5 14.3A8 8 0 0 1 9.7 4.5a8 8 0 1 0 9.8 9.8z"/>`,
  auto: svg`<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`,
  globe: svg`<circle cx="12" cy="12" r="8.3"/><path d="M3.7 12h16.6M12 3.7c2.3 2.3 3.4 5 3.4 8.3s-1.1 6-3.4 8.3C9.7 18 8.6 15.3 8.6 12S9.7 6 12 3.7z"/>`,
  speaker: svg`<path d="M4.5 9.8v4.4h3l4.5 3.8V6L7.5 9.8zM15.3 9.3a4 4 0 0 1 0 5.4M17.8 6.8a7.5 7.5 0 0 1 0 10.4"/>`,
  pin: svg`<path d="M9 4.5h6l-.7 5.5 3.2 3.5h-11L9.7 10zM12 13.5V20"/>`,
  warning: svg`<path d="M12 4.5 3.5 19.5h17zM12 10v4M12 16.8h.01"/>`,
  info: svg`<circle cx="12" cy="12" r="8.3"/><path d="M12 11v5M12 8h.01"/>`,
  clock: svg`<circle cx="12" cy="12" r="8.3"/><path d="M12 7.5V12l3 2"/>`,
  down: svg`<path d="m6.5 9.5 5.5 5.5 5.5-5.5"/>`,
  back: svg`<path d="M19 12H5.5M11 6.5 5.5 12l5.5 5.5"/>`,
  direct: svg`<circle cx="5.5" cy="12" r="2.5"/><circle cx="18.5" cy="12" r="2.5"/><path d="M8 12h8"/>`,
  relay: svg`<circle cx="5" cy="16.5" r="2.2"/><circle cx="19" cy="16.5" r="2.2"/><path d="m6.7 15 3.5-4M17.3 15l-3.5-4"/><rect x="9.7" y="5.5" width="4.6" height="4.6" rx="1.3"/>`,
  plug: svg`<path d="M9 3.5v4M15 3.5v4M6.5 7.5h11v3.5a5.5 5.5 0 0 1-11 0zM12 16.5v4"/>`,
  blur: svg`<circle cx="12" cy="9" r="3.2"/><path d="M6 20c.3-3.6 2.6-5.6 6-5.6s5.7 2 6 5.6M4 6h.01M4 11h.01M4 16h.01M20 6h.01M20 11h.01M20 16h.01M8 3.5h.01M16 3.5h.01"/>`,
  pip: svg`<rect x="3" y="5" width="18" height="14" rx="2.2"/><rect x="12" y="11.5" width="6.5" height="5" rx="1"/>`,
  captions: svg`<rect x="3" y="5" width="18" height="14" rx="2.2"/><path d="M10.5 10.3a2.2 2.2 0 1 0 0 3.4M17.5 10.3a2.2 2.2 0 1 0 0 3.4"/>`,
  talk: svg`<rect x="10" y="3" width="4" height="8" rx="2"/><path d="M7.5 9.5a4.5 4.5 0 0 0 9 0M12 14v2.5M3.5 17.5v1.8a1.7 1.7 0 0 0 1.7 1.7h13.6a1.7 1.7 0 0 0 1.7-1.7v-1.8"/>`,
  lock: svg`<rect x="5.5" y="10.5" width="13" height="9.5" rx="2.2"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>`,
  door: svg`<path d="M6 20V5.5A1.5 1.5 0 0 1 7.5 4h9A1.5 1.5 0 0 1 18 5.5V20M3.5 20h17M14.5 12h.01"/>`,
  mail: svg`<rect x="3.5" y="5.5" width="17" height="13" rx="2.2"/><path d="m4.5 7.5 6.3 5a2 2 0 0 0 2.4 0l6.3-5"/>`,
  key: svg`<circle cx="8.5" cy="15.5" r="3.8"/><path d="m11.2 12.8 7.8-7.8M15.5 8.5l2.7 2.7M18 6l2 2"/>`,
  host: svg`<path d="M12 3.8 5.5 6v5.3c0 4.2 2.7 7.3 6.5 8.9 3.8-1.6 6.5-4.7 6.5-8.9V6zM9 11.8l2.2 2.2 3.9-4"/>`,
  hand: svg`<path d="M7.5 12.5v-6a1.5 1.5 0 0 1 3 0v4.5M10.5 10.5V4.8a1.5 1.5 0 0 1 3 0V11M13.5 6.3a1.5 1.5 0 0 1 3 0V12M16.5 9a1.5 1.5 0 0 1 3 0v5.5a6.5 6.5 0 0 1-6.5 6.5h-1.2a6.5 6.5 0 0 1-5-2.4L3.8 14.9a1.6 1.6 0 0 1 2.5-2l1.2 1.5"/>`,
  smile: svg`<circle cx="12" cy="12" r="8.3"/><path d="M8.5 14.2c1.9 2.7 5.1 2.7 7 0M9 9.6h.01M15 9.6h.01"/>`,
  reply: svg`<path d="M9.5 6 4.5 11l5 5M5 11h8.5a6 6 0 0 1 6 6v1.5"/>`,
  edit: svg`<path d="M4.5 19.5 5.4 15 15.8 4.6a2 2 0 0 1 2.8 0l.8.8a2 2 0 0 1 0 2.8L9 18.6zM13.5 7l3.5 3.5"/>`,
  trash: svg`<path d="M4.5 7h15M9 7V5.2A1.2 1.2 0 0 1 10.2 4h3.6A1.2 1.2 0 0 1 15 5.2V7M6.5 7l.8 11.2A2 2 0 0 0 9.3 20h5.4a2 2 0 0 0 2-1.8L17.5 7M10.2 11v5M13.8 11v5"/>`,
  download: svg`<path d="M12 4v10.5M8.3 11.2 12 14.8l3.7-3.6M5 16v1.5A2.5 2.5 0 0 0 7.5 20h9a2.5 2.5 0 0 0 2.5-2.5V16"/>`,
  clip: svg`<path d="m18.8 11.3-6.9 6.9a4.3 4.3 0 0 1-6.1-6.1l7.4-7.4a2.9 2.9 0 0 1 4.1 4.1L10 16.1a1.4 1.4 0 0 1-2-2l6.4-6.4"/>`,
  file: svg`<path d="M13.5 3.5H8A2.5 2.5 0 0 0 5.5 6v12A2.5 2.5 0 0 0 8 20.5h8a2.5 2.5 0 0 0 2.5-2.5V8.5zM13.5 3.5v5h5"/>`,
  folder: svg`<path d="M3.5 17V7A2.5 2.5 0 0 1 6 4.5h3.2l2.3 2.6H18A2.5 2.5 0 0 1 20.5 9.6V17a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 17z"/>`,
  pause: svg`<path d="M9 6v12M15 6v12"/>`,
  play: svg`<path d="M8 5.5v13l10.5-6.5z"/>`,
  record: svg`<circle cx="12" cy="12" r="8.3"/><circle cx="12" cy="12" r="3.6" fill="currentColor"/>`,
  stop: svg`<rect x="7" y="7" width="10" height="10" rx="1.8" fill="currentColor"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof paths;

/** Decorative: the name belongs on the button or text beside it. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths[name]}</svg>`;
}

/** Two voices, one conversation. */
export function logo(): TemplateResult {
  return html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="logo-there" d="M14 9h8.5a7.5 7.5 0 0 1 0 15H14.5a7.5 7.5 0 0 1-.5-15z"/>
    <path class="logo-here" d="M2 24.5V11.5A8.5 8.5 0 0 1 10.5 3h3a8.5 8.5 0 0 1 0 17H9z"/>
  </svg>`;
}

export function wordmark(): TemplateResult {
  return html`<span class="wordmark">${logo()}<span>Parley</span></span>`;
}
