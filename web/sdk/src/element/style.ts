/** The element's style. Everything that a page may want to change is a part or a custom property. */
export const css = `
:host { display: block; position: relative; min-height: 220px; aspect-ratio: 16 / 9; overflow: hidden; container-type: size;
  border-radius: var(--parley-radius, 14px); background: var(--parley-background, #14201e); color: var(--parley-color, #f2f5f3);
  font: 15px/1.4 system-ui, sans-serif; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.stage { position: absolute; inset: 0 0 68px; display: grid; gap: 8px; padding: 8px; grid-template-columns: repeat(var(--columns, 1), minmax(0, 1fr)); grid-auto-rows: minmax(0, 1fr); }
.stage.bare { bottom: 0; }
.tile { position: relative; min-width: 0; min-height: 0; margin: 0; overflow: hidden; border-radius: 10px; background: #24332f; display: grid; place-items: center; outline: 3px solid transparent; outline-offset: -3px; }
.tile.speaking { outline-color: var(--parley-accent, #38b6a3); }
.tile video { width: 100%; height: 100%; object-fit: cover; }
.tile.screen video { object-fit: contain; }
.self video { transform: scaleX(-1); }
.initial { position: absolute; display: grid; place-items: center; width: 64px; height: 64px; border-radius: 50%; background: #3d5750; font-size: 26px; }
.name { position: absolute; left: 8px; bottom: 8px; max-width: calc(100% - 16px); padding: 2px 8px; overflow: hidden; border-radius: 7px; background: rgb(10 16 14 / .72); color: #fff; font-size: 13px; white-space: nowrap; text-overflow: ellipsis; }
.name.muted::before { content: ''; display: inline-block; width: 8px; height: 8px; margin-right: 6px; border-radius: 50%; background: #e5675a; }
.chip { position: absolute; top: 8px; left: 8px; padding: 2px 8px; border-radius: 7px; background: rgb(10 16 14 / .72); color: #fff; font-size: 13px; }
.controls { position: absolute; left: 0; right: 0; bottom: 0; height: 68px; display: flex; gap: 10px; align-items: center; justify-content: center; padding: 8px; }
button { font: inherit; color: inherit; cursor: pointer; border: 0; }
button:focus-visible { outline: 3px solid var(--parley-accent, #38b6a3); outline-offset: 2px; }
.control { display: grid; place-items: center; width: 48px; height: 48px; padding: 0; border-radius: 50%; background: #2f413c; color: #fff; }
.control svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.control[aria-pressed="false"].device { background: #f2f5f3; color: #14201e; }
.control.leave { background: #c8372d; }
.message { position: absolute; inset: 0; display: grid; align-content: center; justify-items: center; gap: 16px; padding: 16px; text-align: center; }
.message p { margin: 0; font-size: 17px; }
.primary { padding: 12px 22px; border-radius: 10px; background: var(--parley-accent, #38b6a3); color: #06201b; font-weight: 600; }
.hint { position: absolute; left: 0; right: 0; top: 12px; display: grid; justify-items: center; pointer-events: none; }
.hint > * { pointer-events: auto; }
.hint span { padding: 4px 12px; border-radius: 8px; background: rgb(10 16 14 / .72); color: #fff; font-size: 13px; }
.badge { position: absolute; right: 14px; bottom: 24px; font-size: 13px; color: inherit; opacity: .85; }
@container (max-width: 430px) { .badge { display: none; } .control { width: 44px; height: 44px; } }
@media (prefers-reduced-motion: no-preference) { .tile { transition: outline-color .15s; } }
`;
