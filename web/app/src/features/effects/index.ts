/** The soft background: a switch at the door, in the menu and in the settings. */
import { html, type TemplateResult } from 'lit';
import { register } from '../../call/feature.js';
import { session } from '../../call/session.js';
import { choiceChanges, choices, choose } from '../../choices.js';
import { store } from '../../store.js';
import { blurStatus, Slowness } from './status.js';
import { t } from './texts.js';

const toggle = (): void => {
  if (blurStatus.value.kind === 'slow' || blurStatus.value.kind === 'failed') blurStatus.set({ kind: 'off' });
  choose({ blur: !choices().blur });
};

let slowness = new Slowness();
let measured: unknown = null;

blurStatus.subscribe(() => {
  const status = blurStatus.value;
  if (status === measured) return;
  measured = status;
  if (status.kind === 'starting') slowness = new Slowness();
  if (status.kind === 'failed' && choices().blur) choose({ blur: false });
  if (status.kind !== 'running' || status.busyMs === 0) return;
  const cameraFps = session.media?.source('camera')?.getSettings().frameRate ?? 30;
  if (!slowness.add(status.fps, document.hidden, cameraFps)) return;
  choose({ blur: false });
  blurStatus.set({ kind: 'slow' });
});

function words(): string {
  const status = blurStatus.value;
  switch (status.kind) {
    case 'running': return status.busyMs > 0 ? t('running', { count: Math.round(status.fps) }) : t('starting');
    case 'off': return choices().blur && !store.state.inputs.camera.on ? t('camera-off') : '';
    default: return t(status.kind);
  }
}

function renderSwitch(): TemplateResult {
  return html`<label class="setting-switch"><span>${t('switch')}</span>
    <input type="checkbox" role="switch" name="blur" .checked=${choices().blur} @change=${toggle}></label>
    <p class="setting-note" role="status" data-blur=${blurStatus.value.kind}>${words()}</p>`;
}

register({
  order: 20,
  watches: [blurStatus, choiceChanges],
  settings: () => [{ name: 'background', title: t('title'), render: () => html`${renderSwitch()}<p class="setting-note">${t('explain')}</p>` }],
  menu: () => (store.state.inputs.camera.on ? [{ icon: 'blur', label: t(choices().blur ? 'off' : 'on'), act: toggle }] : []),
  door: () => (store.state.inputs.camera.on || choices().blur ? html`<div class="door-switch">${renderSwitch()}</div>` : null),
  banner: () => (blurStatus.value.kind === 'slow' || blurStatus.value.kind === 'failed'
    ? html`<p class="banner"><span>${words()}</span></p>` : null),
});

