/** The host's controls: what holds for the whole room. */
import { html, nothing, type TemplateResult } from 'lit';
import { remember, settings } from '../../settings.js';
import { store, toastText } from '../../store.js';
import { icon, type IconName } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import { passwordMax, room } from './room.js';
import { t } from './texts.js';

class HostControls extends View {
  #changing = false;

  override render(): TemplateResult {
    const { locked, lobby, access } = room.settings;
    return html`<p class="dialog-lead panel-note">${t('host.lead')}</p>
      <div class="host-list">
        ${toggle('lock', 'lock', t('host.lock'), t('host.lock.text'), locked, (on) => room.set({ locked: on }))}
        ${toggle('lobby', 'door', t('host.lobby'), t('host.lobby.text'), lobby, (on) => room.set({ lobby: on }))}
        ${toggle('invited', 'mail', t('host.invited'), t('host.invited.text'), access === 'invited', (on) => room.set({ access: on ? 'invited' : 'open' }))}
        ${this.#renderPassword()}
      </div>
      <label class="check host-sound"><input type="checkbox" name="knock-sound" .checked=${settings().knockSound}
        @change=${(event: Event) => remember({ knockSound: (event.target as HTMLInputElement).checked })}><span>${t('knock.sound')}</span></label>
      <div class="dialog-buttons host-acts">
        ${this.state.peers.length > 0 ? html`<button class="button" type="button" data-action="mute-all" @click=${() => room.muteAll()}>${icon('mic-off')}${t('host.mute-all')}</button>` : nothing}
        <button class="button danger" type="button" data-action="end-all" @click=${() => store.dispatch({ type: 'dialog', dialog: 'end-all' })}>${icon('close')}${t('host.end')}</button>
      </div>`;
  }

  #renderPassword(): TemplateResult {
    const { password } = room.settings;
    return html`<div class="host-row">
        ${icon('key')}<div><strong id="host-password">${t('host.password')}</strong><span>${t(password ? 'host.password.set' : 'host.password.none')}</span></div>
        ${password ? html`<button class="button small" type="button" data-action="remove-password" @click=${() => this.#save('')}>${t('host.password.remove')}</button>` : nothing}
      </div>
      <form class="host-password field-row" @submit=${(event: SubmitEvent) => this.#submit(event)}>
        <input class="field" name="new-password" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength=${passwordMax}
          aria-label=${t('host.password.new')} placeholder=${t('host.password.new')} @input=${(event: Event) => this.#onInput(event)}>
        <button class="button" type="submit" ?disabled=${!this.#changing}>${t('host.password.save')}</button>
      </form>`;
  }

  #onInput(event: Event): void {
    this.#changing = (event.target as HTMLInputElement).value.trim() !== '';
    this.requestUpdate();
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>('[name="new-password"]');
    const password = field?.value.trim() ?? '';
    if (!field || password === '') return;
    field.value = '';
    this.#save(password);
  }

  #save(password: string): void {
    this.#changing = false;
    room.set({ password });
    toastText(t(password === '' ? 'host.password.removed' : 'host.password.saved'));
    this.querySelector<HTMLInputElement>('[name="new-password"]')?.focus();
    this.requestUpdate();
  }
}

function toggle(name: string, image: IconName, label: string, text: string, on: boolean, set: (on: boolean) => void): TemplateResult {
  return html`<label class="host-row">
    ${icon(image)}<div><strong>${label}</strong><span>${text}</span></div>
    <input class="switch" type="checkbox" role="switch" name=${name} data-on=${on} aria-label=${label} .checked=${on} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}>
  </label>`;
}

/** What holds in this room, for everybody to see. */
export function roomState(): TemplateResult | null {
  const { locked, lobby, access, password } = room.settings;
  const states: [boolean, IconName, string][] = [
    [locked, 'lock', t('host.state.locked')], [lobby, 'door', t('host.state.lobby')],
    [access === 'invited', 'mail', t('host.state.invited')], [password, 'key', t('host.state.password')],
  ];
  const shown = states.filter(([on]) => on);
  if (shown.length === 0 && !room.host) return null;
  return html`<div class="room-state">
    ${shown.map(([, image, label]) => html`<span class="room-chip">${icon(image)}${label}</span>`)}
    ${room.host ? html`<button class="button quiet small" type="button" data-action="host" @click=${showHost}>${icon('host')}${t('host.title')}</button>` : nothing}
  </div>`;
}

export function showHost(): void {
  store.dispatch({ type: 'dialog', dialog: 'host' });
}

define('parley-host', HostControls);
