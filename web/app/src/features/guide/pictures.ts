/**
 * Drawn pictures of where to click to allow a device: own drawings, simple enough to stay right when a
 * browser moves a line. Numbers in them are the numbers of the steps in words.
 */
import { svg, type SVGTemplateResult } from 'lit';

export type Picture = 'chrome' | 'edge' | 'firefox' | 'safari' | 'android' | 'ios' | 'windows-settings' | 'macos-settings' | 'android-settings' | 'ios-settings';

type Drawing = SVGTemplateResult;

const mark = (n: number, x: number, y: number): Drawing =>
  svg`<g class="guide-mark" transform="translate(${x} ${y})"><circle r="9"/><text y="3.7" text-anchor="middle">${n}</text></g>`;
const line = (x: number, y: number, width: number): Drawing => svg`<rect class="guide-text" x=${x} y=${y} width=${width} height="5" rx="2.5"/>`;
const toggle = (x: number, y: number, on = true): Drawing =>
  svg`<g transform="translate(${x} ${y})"><rect class=${on ? 'guide-on' : 'guide-off'} width="24" height="13" rx="6.5"/><circle class="guide-knob" cx=${on ? 17.5 : 6.5} cy="6.5" r="4.5"/></g>`;
const camera = (x: number, y: number): Drawing =>
  svg`<g class="guide-line" transform="translate(${x} ${y})"><rect y="2" width="10" height="9" rx="2"/><path d="m10 5.4 4-2v6.2l-4-2"/></g>`;
const microphone = (x: number, y: number): Drawing =>
  svg`<g class="guide-line" transform="translate(${x} ${y})"><rect x="4" width="6" height="8" rx="3"/><path d="M1.5 6a5.5 5.5 0 0 0 11 0M7 11.5V14"/></g>`;
const tune = (x: number, y: number): Drawing =>
  svg`<g class="guide-line hit" transform="translate(${x} ${y})"><path d="M0 3h6M10 3h3M0 9h3M7 9h6"/><circle cx="8" cy="3" r="2"/><circle cx="5" cy="9" r="2"/></g>`;
const lock = (x: number, y: number): Drawing =>
  svg`<g class="guide-line hit" transform="translate(${x} ${y})"><rect y="5" width="11" height="8" rx="2"/><path d="M2.5 5V3.5a3 3 0 0 1 6 0V5"/></g>`;
const pointer = (x: number, y: number): Drawing =>
  svg`<path class="guide-pointer" transform="translate(${x} ${y})" d="M0 0v15l4-3.6 2.6 5.8 2.7-1.2-2.6-5.7h5.3z"/>`;
const ring = (cx: number, cy: number, r = 13): Drawing => svg`<circle class="guide-ring" cx=${cx} cy=${cy} r=${r}/>`;

/** A window with its address bar. */
const browserWindow = (inside: Drawing): Drawing => svg`<rect class="guide-frame" x="8" y="8" width="304" height="196" rx="10"/>
  <g class="guide-dots"><circle cx="22" cy="21" r="3"/><circle cx="33" cy="21" r="3"/><circle cx="44" cy="21" r="3"/></g>
  <path class="guide-rule" d="M8 64h304"/><rect class="guide-bar" x="48" y="34" width="220" height="22" rx="11"/>${line(92, 42.5, 96)}${inside}`;

const popover = (x: number, y: number, width: number, height: number, inside: Drawing): Drawing =>
  svg`<rect class="guide-sheet" x=${x} y=${y} width=${width} height=${height} rx="9"/>${inside}`;

const permissionRows = (x: number, y: number): Drawing => svg`${camera(x, y)}${line(x + 22, y + 4, 62)}${toggle(x + 112, y)}
  ${microphone(x, y + 27)}${line(x + 22, y + 31, 74)}${toggle(x + 112, y + 27)}`;

const chromium = (sign: Drawing): Drawing => browserWindow(svg`${sign}${ring(65, 45)}${mark(1, 65, 76)}
  ${popover(84, 72, 178, 92, svg`${line(98, 84, 84)}<path class="guide-rule" d="M84 98h178"/>${permissionRows(98, 109)}`)}${mark(2, 262, 116)}${pointer(228, 146)}`);

const firefox = browserWindow(svg`<g class="guide-line hit">${camera(58, 38)}<path d="m57 51 15-13"/></g>${ring(65, 45)}${mark(1, 65, 76)}
  ${popover(84, 72, 178, 84, svg`${line(98, 85, 100)}<path class="guide-rule" d="M84 99h178"/>
    ${camera(98, 109)}${line(120, 113, 50)}<g class="guide-blocked"><rect x="186" y="108" width="62" height="15" rx="7.5"/><path d="m234 112 7 7m0-7-7 7"/></g>
    ${microphone(98, 132)}${line(120, 136, 50)}<g class="guide-blocked"><rect x="186" y="131" width="62" height="15" rx="7.5"/><path d="m234 135 7 7m0-7-7 7"/></g>`)}
  ${mark(2, 262, 116)}${pointer(238, 119)}`);

const safari = svg`<rect class="guide-frame" x="8" y="8" width="304" height="196" rx="10"/><path class="guide-rule" d="M8 32h304"/>
  <circle class="guide-fill" cx="24" cy="20" r="5"/><rect class="guide-hit-box" x="38" y="11" width="46" height="18" rx="5"/>${line(46, 17.5, 30)}${line(98, 17.5, 26)}${line(136, 17.5, 26)}${line(174, 17.5, 32)}
  ${popover(38, 34, 132, 84, svg`${line(50, 46, 70)}${line(50, 62, 92)}<rect class="guide-hit-box" x="43" y="74" width="122" height="17" rx="5"/>${line(50, 80, 102)}${line(50, 100, 60)}`)}
  ${mark(1, 96, 14)}${pointer(146, 84)}
  ${popover(178, 92, 122, 92, svg`${line(190, 106, 60)}${camera(190, 120)}<rect class="guide-select" x="216" y="118" width="72" height="17" rx="5"/>${line(223, 124, 34)}<path class="guide-line" d="m277 125 3.5 3.5 3.5-3.5"/>
    ${microphone(190, 147)}<rect class="guide-select" x="216" y="145" width="72" height="17" rx="5"/>${line(223, 151, 34)}<path class="guide-line" d="m277 152 3.5 3.5 3.5-3.5"/>`)}${mark(2, 300, 98)}`;

/** Two phones side by side: first where to tap, then what to switch. */
const phones = (left: Drawing, right: Drawing): Drawing => svg`<rect class="guide-frame" x="24" y="6" width="120" height="200" rx="18"/>
  <rect class="guide-frame" x="176" y="6" width="120" height="200" rx="18"/>${left}${right}<path class="guide-arrow" d="M150 106h18m-5-5 5 5-5 5"/>`;

const switches = (x: number, y: number): Drawing => svg`${line(x, y - 18, 58)}<path class="guide-rule" d="M${x - 8} ${y - 6}h104"/>
  ${camera(x, y + 4)}${line(x + 20, y + 8, 36)}${toggle(x + 64, y + 4)}${microphone(x, y + 32)}${line(x + 20, y + 36, 36)}${toggle(x + 64, y + 32)}`;

const android = phones(
  svg`<rect class="guide-bar" x="34" y="24" width="100" height="22" rx="11"/>${tune(42, 29)}${line(64, 32.5, 50)}${ring(48, 35)}${mark(1, 48, 62)}
    <rect class="guide-text faint" x="40" y="90" width="88" height="44" rx="8"/>${line(40, 146, 70)}${line(40, 158, 84)}`,
  svg`<path class="guide-sheet" d="M176 84a14 14 0 0 1 14-14h92a14 14 0 0 1 14 14v104a18 18 0 0 1-18 18h-84a18 18 0 0 1-18-18z"/>${switches(188, 108)}${mark(2, 288, 78)}`,
);

const ios = phones(
  svg`<rect class="guide-text faint" x="40" y="30" width="88" height="56" rx="8"/>${line(40, 98, 70)}${line(40, 110, 84)}
    <rect class="guide-bar" x="34" y="160" width="100" height="24" rx="12"/><g class="guide-line hit"><rect x="43" y="166" width="12" height="8" rx="2"/><path d="M43 178h12"/></g>${line(68, 169.5, 44)}${ring(49, 172)}${mark(1, 49, 146)}`,
  svg`<path class="guide-sheet" d="M176 74a14 14 0 0 1 14-14h92a14 14 0 0 1 14 14v114a18 18 0 0 1-18 18h-84a18 18 0 0 1-18-18z"/>${switches(188, 98)}${mark(2, 288, 68)}`,
);

/** Settings of a desktop system: sections on the left, switches on the right. */
const desktopSettings = (rail: Drawing, rows: Drawing): Drawing => svg`<rect class="guide-frame" x="8" y="8" width="304" height="196" rx="10"/>
  <path class="guide-rule" d="M110 8v196"/>${rail}${rows}`;

const app = (x: number, y: number): Drawing => svg`<rect class="guide-fill" x=${x} y=${y} width="14" height="14" rx="4"/>`;

const windowsSettings = desktopSettings(
  svg`${line(22, 30, 50)}${line(22, 52, 66)}${line(22, 74, 58)}<rect class="guide-hit-box" x="15" y="88" width="88" height="22" rx="6"/>${line(22, 96.5, 70)}${line(22, 118, 48)}${mark(1, 104, 88)}`,
  svg`${line(126, 28, 92)}<rect class="guide-row" x="124" y="44" width="176" height="34" rx="7"/>${camera(134, 54)}${line(158, 58.5, 70)}${toggle(264, 54.5)}
    <rect class="guide-row" x="124" y="84" width="176" height="34" rx="7"/>${line(134, 98.5, 96)}${toggle(264, 94.5)}
    <rect class="guide-row" x="124" y="124" width="176" height="34" rx="7"/>${app(134, 134)}${line(158, 138.5, 60)}${toggle(264, 134.5)}${mark(2, 300, 54)}${mark(3, 300, 134)}${pointer(280, 142)}`,
);

const macSettings = desktopSettings(
  svg`<g class="guide-dots"><circle cx="22" cy="21" r="3"/><circle cx="33" cy="21" r="3"/><circle cx="44" cy="21" r="3"/></g>${line(30, 46, 54)}${line(30, 66, 46)}${line(30, 86, 60)}
    <rect class="guide-hit-box" x="15" y="98" width="88" height="22" rx="6"/>${line(30, 106.5, 62)}${line(30, 130, 40)}${mark(1, 104, 98)}`,
  svg`${camera(126, 24)}${line(148, 28, 70)}<rect class="guide-row" x="124" y="46" width="176" height="96" rx="9"/>
    ${app(134, 54)}${line(156, 58.5, 60)}${toggle(266, 54.5, false)}<path class="guide-rule" d="M134 78h166"/>
    ${app(134, 86)}${line(156, 90.5, 72)}${toggle(266, 86.5)}<path class="guide-rule" d="M134 110h166"/>${app(134, 118)}${line(156, 122.5, 50)}${toggle(266, 118.5, false)}${mark(2, 300, 86)}${pointer(282, 95)}`,
);

const list = (x: number): Drawing => svg`${line(x, 30, 52)}${app(x, 48)}${line(x + 22, 52.5, 48)}<rect class="guide-hit-box" x=${x - 6} y="69" width="100" height="24" rx="7"/>
  ${app(x, 74)}${line(x + 22, 78.5, 56)}${app(x, 102)}${line(x + 22, 106.5, 40)}${app(x, 130)}${line(x + 22, 134.5, 50)}${mark(1, x + 94, 69)}`;

const phoneSettings = phones(list(38), svg`${app(190, 26)}${line(212, 30.5, 56)}${switches(190, 76)}${mark(2, 288, 62)}`);

const drawings: Readonly<Record<Picture, Drawing>> = {
  chrome: chromium(tune(59, 39)), edge: chromium(lock(59.5, 38)), firefox, safari, android, ios,
  'windows-settings': windowsSettings, 'macos-settings': macSettings, 'android-settings': phoneSettings, 'ios-settings': phoneSettings,
};

export function drawing(picture: Picture): SVGTemplateResult {
  return svg`<svg class="guide-picture" viewBox="0 0 320 212" aria-hidden="true" focusable="false">${drawings[picture]}</svg>`;
}
