import { html, nothing, type TemplateResult } from 'lit';
import { currentLocale, locales, t, type Locale } from '../i18n/index.js';
import { remember, settings } from '../settings.js';
import type { DialogName, Input } from '../state.js';
import { store } from '../store.js';
import { chooseLocale, nextTheme, themeIcon, themeName } from '../ui/header.js';
import { icon, type IconName } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { deviceSelect } from './device-select.js';
import { features, offers, type DialogView } from './feature.js';
import { copyInvite } from './invite.js';
import { problemHelp, problemTitle } from './problems.js';
import { canFullScreen, canShareScreen, toggleFullScreen } from './screen.js';
import { session } from './session.js';
import { shortcuts } from './shortcuts.js';

/** What lies over the call for a moment. One at a time, a real <dialog>. */
class Dialog extends View {
  static override properties = { name: { attribute: false } };
  declare name: DialogName;
  readonly #opener = document.activeElement;

  override firstUpdated(): void {
    this.querySelector('dialog')?.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // The element goes together with its dialog, so the browser has no chance to give the focus back.
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected && document.activeElement === document.body) this.#opener.focus();
  }

  override render(): TemplateResult | typeof nothing {
    const dialog = this.#dialogs().find(({ name }) => name === this.name);
    if (!dialog) return nothing;
    return html`<dialog class="dialog ${this.name}" data-dialog=${this.name} aria-labelledby="dialog-title" @close=${close} @click=${closeOutside}>
      <div class="dialog-body">
        <header class="panel-header"><h2 id="dialog-title">${dialog.title}</h2>
          <button class="icon-button" type="button" aria-label=${t('panel.close')} title="${t('panel.close')} (Esc)" @click=${close}>${icon('close')}</button></header>
        ${dialog.render()}
      </div>
    </dialog>`;
  }

  #dialogs(): readonly DialogView[] {
    return [
      { name: 'devices', title: t('settings.title'), render: renderDevices },
      { name: 'help', title: t('keys.title'), render: renderHelp },
      { name: 'more', title: t('control.more'), render: () => this.#renderMore() },
      { name: 'permissions', title: t('problem.title'), render: () => this.#renderPermissions() },
      ...offers((feature) => feature.dialogs?.()),
    ];
  }

  #renderPermissions(): TemplateResult {
    const { problemKind, inputs } = this.state;
    const kind: Input | null = problemKind === 'microphone' || problemKind === 'camera' ? problemKind : null;
    const code = (kind && inputs[kind].problem) ?? 'system-denied';
    const views = features().map((feature) => feature.help?.(code) ?? null).filter((view) => view !== null);
    return html`<p class="dialog-lead">${problemTitle(problemKind, code)}</p>
      ${views.map(({ picture }) => picture)}
      <ol class="help-steps">${problemHelp(code).map((line) => html`<li>${line}</li>`)}</ol>
      ${views.map(({ more }) => more)}
      <div class="dialog-buttons">${kind ? html`<button class="button primary" type="button" @click=${() => { close(); void session.start(kind); }}>${t('problem.retry')}</button>` : nothing}
        <button class="button" type="button" @click=${close}>${t('problem.without')}</button></div>`;
  }

  #renderMore(): TemplateResult {
    const { screenOn, fullScreen } = this.state;
    const show = (dialog: DialogName) => (): void => store.dispatch({ type: 'dialog', dialog });
    const panel = (name: 'people' | 'connection') => (): void => store.dispatch({ type: 'panel', panel: name });
    return html`<div class="menu">
      ${canShareScreen ? item(screenOn ? 'screen-stop' : 'screen', t(screenOn ? 'control.screen.stop' : 'control.screen'), '', closing(() => void session.toggleScreen()), 'narrow-only') : nothing}
      ${item('people', t('control.people'), '', panel('people'), 'narrow-only')}
      ${item('settings', t('settings.title'), 'D', show('devices'))}
      ${item('direct', t('control.connection'), 'I', panel('connection'))}
      ${item('link', t('invite.copy'), 'L', closing(() => void copyInvite()))}
      ${canFullScreen ? item(fullScreen ? 'shrink' : 'expand', t(fullScreen ? 'control.full-screen.end' : 'control.full-screen'), 'F', closing(() => void toggleFullScreen())) : nothing}
      ${offers((feature) => feature.menu?.()).map((m) => item(m.icon, m.label, m.key ?? '', closing(m.act), m.look, m.name))}
      ${item('keyboard', t('keys.title'), '?', show('help'), 'keys-only')}
      <hr>
      ${item(themeIcon(), t('theme.switch', { theme: themeName() }), '', () => { nextTheme(); this.requestUpdate(); })}
      <label class="menu-item">${icon('globe')}<span>${t('language.label')}</span>
        <select name="call-language" @change=${(event: Event) => chooseLocale((event.target as HTMLSelectElement).value as Locale)}>
          ${Object.entries(locales).map(([code, name]) => html`<option value=${code} ?selected=${code === currentLocale()} lang=${code}>${name}</option>`)}</select></label>
    </div>`;
  }
}

function item(image: IconName, label: string, key: string, act: () => void, look = '', name?: string): TemplateResult {
  return html`<button class="menu-item ${look}" type="button" data-item=${name ?? nothing} @click=${act}>${icon(image)}<span>${label}</span>${key ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing}</button>`;
}

function renderDevices(): TemplateResult {
  const { inputs } = store.state;
  const problems = (['microphone', 'camera'] as const).filter((kind) => inputs[kind].problem !== null);
  return html`<div class="device-list">
    ${deviceSelect('microphone', 'call')}
    <div class="device-level"><parley-level class="wide"></parley-level><span>${t('devices.level')}</span></div>
    ${deviceSelect('camera', 'call')}
    ${deviceSelect('speaker', 'call')}
    ${problems.map((kind) => html`<p class="device-problem">${icon('warning')}<span>${problemTitle(kind, inputs[kind].problem ?? 'failed')}</span>
      <button class="button quiet small" type="button" @click=${() => store.dispatch({ type: 'dialog', dialog: 'permissions', kind })}>${t('devices.help')}</button></p>`)}
  </div>
  ${offers((feature) => feature.settings?.()).map(({ name, title, render }) => html`<details class="settings-part" data-settings=${name}><summary>${title}${icon('down')}</summary><div class="settings-body">${render()}</div></details>`)}`;
}

function renderHelp(): TemplateResult {
  return html`<dl class="keys">${shortcuts().map(({ keys, label }) => html`<div><dt>${label}</dt><dd><kbd>${keys}</kbd></dd></div>`)}
      <div><dt>${t('keys.talk')}</dt><dd><kbd>${t('keys.space')}</kbd></dd></div>
      <div><dt>${t('keys.close')}</dt><dd><kbd>Esc</kbd></dd></div></dl>
    <label class="check"><input type="checkbox" .checked=${settings().shortcuts} @change=${(event: Event) => remember({ shortcuts: (event.target as HTMLInputElement).checked })}>
      <span>${t('keys.on')}</span></label>`;
}

/** The menu goes first: what follows may ask something of its own. */
function closing(act: () => void): () => void {
  return () => {
    close();
    act();
  };
}

function close(): void {
  store.dispatch({ type: 'dialog', dialog: null });
}

function closeOutside(event: MouseEvent): void {
  if (event.target === event.currentTarget) close();
}

define('parley-dialog', Dialog);
