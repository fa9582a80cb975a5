/** The parts of the settings dialog about sound, pictures and the screen. */
import { leavesOutOwnSound, sharesSound, videoCodecs, type SoundOptions } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { bitratesKbps, choices, choose, frameRates, heights, type Choices } from '../../choices.js';
import { t } from './texts.js';

interface Switch { name: string; label: string; on: boolean; set: (on: boolean) => void; note?: string; disabled?: boolean }

function toggle({ name, label, on, set, note, disabled }: Switch): TemplateResult {
  return html`<label class="setting-switch"><span>${label}${note ? html`<small>${note}</small>` : nothing}</span>
    <input type="checkbox" role="switch" name=${name} .checked=${on} ?disabled=${disabled ?? false} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}></label>`;
}

export function renderSound(): TemplateResult {
  const { sound, pushToTalk } = choices();
  const set = (key: keyof SoundOptions) => (on: boolean): void => choose({ sound: { ...choices().sound, [key]: on } });
  const original = !sound.echoCancellation && !sound.noiseSuppression && !sound.autoGainControl;
  return html`${toggle({ name: 'echo', label: t('sound.echo'), on: sound.echoCancellation, set: set('echoCancellation') })}
    ${toggle({ name: 'noise', label: t('sound.noise'), on: sound.noiseSuppression, set: set('noiseSuppression') })}
    ${toggle({ name: 'gain', label: t('sound.gain'), on: sound.autoGainControl, set: set('autoGainControl') })}
    ${toggle({
      name: 'original', label: t('sound.original'), note: t('sound.original.text'), on: original,
      set: (on) => choose({ sound: { echoCancellation: !on, noiseSuppression: !on, autoGainControl: !on } }),
    })}
    ${toggle({ name: 'push', label: t('sound.push'), note: t('sound.push.text'), on: pushToTalk, set: (on) => choose({ pushToTalk: on }) })}`;
}

export function renderVideo(): TemplateResult {
  const { dataSaver, audioOnly, codec } = choices();
  return html`${toggle({ name: 'saver', label: t('video.saver'), note: t('video.saver.text'), on: dataSaver, set: (on) => choose({ dataSaver: on }) })}
    ${toggle({ name: 'audio-only', label: t('video.audio-only'), note: t('video.audio-only.text'), on: audioOnly, set: (on) => choose({ audioOnly: on }) })}
    <div><label class="field-label" for="codec">${t('video.codec')}</label>
      <span class="select plain"><select id="codec" name="codec" @change=${(event: Event) => choose({ codec: (event.target as HTMLSelectElement).value })}>
        ${option('', t('video.codec.auto'), codec)}${videoCodecs().map((name) => option(name, name.replace('video/', ''), codec))}</select></span>
      <p class="setting-note">${t('video.codec.text')}</p></div>
    ${renderCaps('send', t('video.send'))}
    ${renderCaps('receive', t('video.receive'), t('video.receive.text'))}`;
}

function renderCaps(way: 'send' | 'receive', title: string, note?: string): TemplateResult {
  const caps = choices()[way];
  const one = (key: keyof Choices['send'], label: string, values: readonly number[], words: (value: number) => string): TemplateResult =>
    html`<div><label class="field-label" for="${way}-${key}">${label}</label><span class="select plain"><select id="${way}-${key}" name="${way}-${key}"
      @change=${(event: Event) => choose({ [way]: { ...choices()[way], [key]: Number((event.target as HTMLSelectElement).value) } })}>
      ${option('0', t('video.any'), String(caps[key]))}${values.map((value) => option(String(value), words(value), String(caps[key])))}</select></span></div>`;
  return html`<fieldset class="caps"><legend>${title}</legend>
    ${one('height', t('video.height'), heights, String)}
    ${one('frameRate', t('video.rate'), frameRates, String)}
    ${one('kbps', t('video.bits'), bitratesKbps, (value) => t('video.kbps', { value }))}
    ${note ? html`<p class="setting-note">${note}</p>` : nothing}</fieldset>`;
}

export function renderScreen(): TemplateResult {
  const { screen } = choices();
  const note = !sharesSound() ? t('screen.sound.none') : leavesOutOwnSound() ? '' : t('screen.sound.tab');
  return html`${toggle({
    name: 'screen-sound', label: t('screen.sound'), on: screen.sound && sharesSound(), disabled: !sharesSound(), note,
    set: (on) => choose({ screen: { ...choices().screen, sound: on } }),
  })}
    <div><label class="field-label" for="screen-hint">${t('screen.for')}</label>
      <span class="select plain"><select id="screen-hint" name="screen-hint" @change=${(event: Event) => choose({
        screen: { ...choices().screen, hint: (event.target as HTMLSelectElement).value === 'motion' ? 'motion' : 'detail' },
      })}>${option('detail', t('screen.detail'), screen.hint)}${option('motion', t('screen.motion'), screen.hint)}</select></span></div>
    <div><label class="field-label" for="screen-rate">${t('screen.rate')}</label>
      <span class="select plain"><select id="screen-rate" name="screen-rate" @change=${(event: Event) => choose({
        screen: { ...choices().screen, frameRate: Number((event.target as HTMLSelectElement).value) },
      })}>${frameRates.map((value) => option(String(value), String(value), String(screen.frameRate)))}</select></span></div>`;
}

function option(value: string, label: string, chosen: string): TemplateResult {
  return html`<option value=${value} .selected=${value === chosen}>${label}</option>`;
}
