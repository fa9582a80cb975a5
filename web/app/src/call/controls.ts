import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import { store } from '../store.js';
import type { Panel } from '../state.js';
import { icon, type IconName } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { offers, type Control } from './feature.js';
import { session } from './session.js';
import { canShareScreen } from './screen.js';

class Controls extends View {
  override render(): TemplateResult {
    const { inputs, screenOn, peers, dialog } = this.state;
    const { microphone, camera } = inputs;
    const offered = offers((feature) => feature.controls?.());
    return html`<div class="controls" role="toolbar" aria-label=${t('control.bar')}>
      ${control({
        name: 'microphone', icon: microphone.on ? 'mic' : 'mic-off', label: t(microphone.on ? 'control.mic.off' : 'control.mic.on'), key: 'M',
        off: !microphone.on, busy: microphone.starting, problem: microphone.problem !== null, act: () => void session.toggleMicrophone(),
      })}
      ${control({
        name: 'camera', icon: camera.on ? 'camera' : 'camera-off', label: t(camera.on ? 'control.camera.off' : 'control.camera.on'), key: 'V',
        off: !camera.on, busy: camera.starting, problem: camera.problem !== null, act: () => void session.toggleCamera(),
      })}
      ${canShareScreen ? control({
        name: 'screen', icon: screenOn ? 'screen-stop' : 'screen', label: t(screenOn ? 'control.screen.stop' : 'control.screen'), key: 'S',
        pressed: screenOn, look: 'wide-only', act: () => void session.toggleScreen(),
      }) : nothing}
      ${offered.filter(({ panel }) => !panel).map(control)}
      <span class="controls-gap" aria-hidden="true"></span>
      ${offered.filter(({ panel }) => panel).map(control)}
      ${this.#panel('people', 'people', t('control.people'), 'P', peers.length + 1, t('people.count', { count: peers.length + 1 }), 'wide-only quiet-count')}
      ${control({
        name: 'more', icon: 'more', label: t('control.more'), key: '', expanded: dialog === 'more',
        act: () => store.dispatch({ type: 'dialog', dialog: 'more' }),
      })}
      <span class="controls-gap" aria-hidden="true"></span>
      ${control({ name: 'leave', icon: 'leave', label: t('control.leave'), key: '', look: 'leave', act: () => session.leave() })}
    </div>`;
  }

  #panel(name: Panel, image: IconName, label: string, key: string, count: number, counted: string, look = ''): TemplateResult {
    const open = this.state.panel === name;
    return control({
      name, icon: image, label, key, count, counted, look, expanded: open,
      act: () => store.dispatch({ type: 'panel', panel: open ? null : name }),
    });
  }
}

function control(c: Control): TemplateResult {
  const count = c.count ?? 0;
  const label = count > 0 && c.counted ? `${c.label}, ${c.counted}` : c.label;
  return html`<button class="control ${c.off ? 'off' : ''} ${c.look ?? ''}" type="button" data-control=${c.name}
    aria-label=${label} title=${c.key ? `${c.label} (${c.key})` : c.label} aria-keyshortcuts=${c.key || nothing}
    aria-pressed=${c.pressed ?? nothing} aria-expanded=${c.expanded ?? nothing} aria-busy=${c.busy ?? nothing} @click=${c.act}
    @pointerdown=${hold(c, true)} @pointerup=${hold(c, false)} @pointercancel=${hold(c, false)} @pointerleave=${hold(c, false)}>
    ${icon(c.icon)}
    ${count > 0 ? html`<span class="control-count" aria-hidden="true">${count > 99 ? '99+' : count}</span>` : nothing}
    ${c.problem ? html`<span class="control-problem" aria-hidden="true">!</span>` : nothing}
  </button>`;
}

function hold({ hold: held }: Control, down: boolean): (() => void) | typeof nothing {
  return held ? () => held(down) : nothing;
}

define('parley-controls', Controls);
