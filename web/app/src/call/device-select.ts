import type { DeviceKind } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { t, type PlainKey } from '../i18n/index.js';
import { store } from '../store.js';
import { icon, type IconName } from '../ui/icons.js';
import { canChooseSpeaker } from './audio.js';
import { session } from './session.js';

const looks: Record<DeviceKind, { icon: IconName; label: PlainKey; unnamed: PlainKey }> = {
  microphone: { icon: 'mic', label: 'device.microphone', unnamed: 'device.microphone.unnamed' },
  camera: { icon: 'camera', label: 'device.camera', unnamed: 'device.camera.unnamed' },
  speaker: { icon: 'speaker', label: 'device.speaker', unnamed: 'device.speaker.unnamed' },
};

/** A choice of one kind of device. Speakers only where the browser can choose them. */
export function deviceSelect(kind: DeviceKind, idPrefix: string): TemplateResult | typeof nothing {
  if (kind === 'speaker' && !canChooseSpeaker) return nothing;
  const { devices, selected } = store.state;
  const look = looks[kind];
  // Before a permission the browser lists one nameless device of each kind.
  const list = devices.filter((device) => device.kind === kind && device.id !== '');
  const id = `${idPrefix}-${kind}`;
  const current = list.some((device) => device.id === selected[kind]) ? selected[kind] : list[0]?.id;
  return html`<div class="device">
    <label class="field-label" for=${id}>${t(look.label)}</label>
    <span class="select">${icon(look.icon)}
      <select id=${id} name=${kind} ?disabled=${list.length === 0} @change=${(event: Event) => choose(event, kind)}>
        ${list.length === 0 ? html`<option>${withoutList(kind)}</option>` : nothing}
        ${list.map((device, index) => html`<option value=${device.id} .selected=${device.id === current}>${device.label || `${t(look.unnamed)} ${index + 1}`}</option>`)}
      </select></span>
  </div>`;
}

/** Firefox lists no speakers, and not every camera that works: what is not listed may still be there. */
function withoutList(kind: DeviceKind): string {
  const { devices, inputs } = store.state;
  if (kind === 'speaker' || inputs[kind].on || devices.some((device) => device.kind === kind)) return t('device.default');
  return t(kind === 'camera' ? 'device.camera.none' : 'device.microphone.none');
}

function choose(event: Event, kind: DeviceKind): void {
  void session.select(kind, (event.target as HTMLSelectElement).value);
}
