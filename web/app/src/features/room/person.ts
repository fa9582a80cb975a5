/** What a host can do about one person, and the questions before what cannot be taken back. */
import { html, nothing, type TemplateResult } from 'lit';
import type { DialogView } from '../../call/feature.js';
import type { PeerView } from '../../state.js';
import { store, toastText } from '../../store.js';
import { icon, type IconName } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import { nameOf, room } from './room.js';
import { t } from './texts.js';

/** The button that opens the menu, on a tile or in the list. */
export function menuButton(peer: PeerView, look: string): TemplateResult | null {
  if (!room.host) return null;
  const label = t('person.menu', { name: nameOf(peer.name) });
  const shown = store.state.dialog === 'person-acts' && room.person?.id === peer.id;
  return html`<button class="${look} person-menu" type="button" data-menu=${peer.id} aria-haspopup="dialog" aria-expanded=${shown} aria-label=${label} title=${label}
    @click=${(event: Event) => { (event.currentTarget as HTMLElement).focus(); room.show('person-acts', peer.id); }}>${icon('more')}</button>`;
}

function renderMenu(): TemplateResult {
  const peer = room.person;
  if (!peer) return html``;
  const { id, media, hand, role } = peer;
  const name = nameOf(peer.name);
  const act = (action: Parameters<typeof room.moderate>[0]) => (): void => {
    close();
    room.moderate(action, id);
  };
  return html`<div class="menu">
    ${media.microphone ? item('mute', 'mic-off', t('person.mute'), act('mute')) : nothing}
    ${media.camera ? item('stop-camera', 'camera-off', t('person.camera'), act('stop-camera')) : nothing}
    ${media.screen ? item('stop-screen', 'screen-stop', t('person.screen'), act('stop-screen')) : nothing}
    ${hand > 0 ? item('lower-hand', 'hand', t('person.hand'), act('lower-hand')) : nothing}
    ${role === 'host' ? nothing : item('make-host', 'host', t('person.host'), () => {
      act('make-host')();
      toastText(t('person.host.done', { name }));
    })}
    ${role === 'host' ? nothing : html`<hr>${item('remove', 'close', t('person.remove'), () => room.show('remove', id), 'danger')}`}
  </div>`;
}

function item(action: string, image: IconName, label: string, act: () => void, look = ''): TemplateResult {
  return html`<button class="menu-item ${look}" type="button" data-action=${action} @click=${act}>${icon(image)}<span>${label}</span></button>`;
}

/** Asks before something is done; begins on the way back, so that Enter pressed too often does no harm. */
class Question extends View {
  static override properties = { text: { type: String }, confirm: { type: String }, extra: { attribute: false }, act: { attribute: false } };
  declare text: string;
  declare confirm: string;
  declare extra: TemplateResult | undefined;
  declare act: (form: FormData) => void;

  override firstUpdated(): void {
    // The dialog may not be open yet, and gives its first button the focus when it opens.
    requestAnimationFrame(() => this.querySelector<HTMLElement>('[data-action="cancel"]')?.focus());
  }

  override render(): TemplateResult {
    return html`<form class="question" @submit=${(event: SubmitEvent) => this.#submit(event)}>
      <p class="dialog-lead">${this.text}</p>
      ${this.extra ?? nothing}
      <div class="dialog-buttons"><button class="button" type="button" data-action="cancel" @click=${close}>${t('confirm.cancel')}</button>
        <button class="button danger" type="submit" data-action="confirm">${this.confirm}</button></div>
    </form>`;
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    close();
    this.act(form);
  }
}

function renderRemove(): TemplateResult {
  const peer = room.person;
  if (!peer) return html``;
  const remove = (form: FormData): void => {
    if (form.has('lock')) room.set({ locked: true });
    room.moderate('remove', peer.id);
  };
  const lock = html`<label class="check"><input type="checkbox" name="lock"><span>${t('remove.lock')}</span></label>`;
  return html`<parley-question .text=${t('remove.text')} .confirm=${t('remove.confirm')} .extra=${room.settings.locked ? undefined : lock} .act=${remove}></parley-question>`;
}

function renderEnd(): TemplateResult {
  return html`<parley-question .text=${t('end-all.text')} .confirm=${t('end-all.confirm')} .act=${() => room.moderate('end')}></parley-question>`;
}

export function personDialogs(): DialogView[] {
  const name = nameOf(room.person?.name ?? '');
  return [
    { name: 'person-acts', title: name, render: renderMenu },
    { name: 'remove', title: t('remove.title', { name }), render: renderRemove },
    { name: 'end-all', title: t('end-all.title'), render: renderEnd },
  ];
}

function close(): void {
  store.dispatch({ type: 'dialog', dialog: null });
}

define('parley-question', Question);
