/** Keys of the call page. One letter each, only while nothing is being typed. */
import { t } from '../i18n/index.js';
import { settings } from '../settings.js';
import type { Panel } from '../state.js';
import { store } from '../store.js';
import { offers, type Shortcut } from './feature.js';
import { copyInvite } from './invite.js';
import { toggleFullScreen } from './screen.js';
import { session } from './session.js';
import { talk } from './talk.js';

export function shortcuts(): readonly Shortcut[] {
  return [
    { keys: 'M', label: t('keys.microphone'), act: () => void session.toggleMicrophone() },
    { keys: 'V', label: t('keys.camera'), act: () => void session.toggleCamera() },
    { keys: 'S', label: t('keys.screen'), act: () => void session.toggleScreen() },
    { keys: 'P', label: t('keys.people'), act: () => panel('people') },
    { keys: 'I', label: t('keys.connection'), act: () => panel('connection') },
    { keys: 'D', label: t('keys.devices'), act: () => store.dispatch({ type: 'dialog', dialog: 'devices' }) },
    { keys: 'L', label: t('keys.link'), act: () => void copyInvite() },
    { keys: 'F', label: t('keys.full-screen'), act: () => void toggleFullScreen() },
    ...offers((feature) => feature.shortcuts?.()),
    { keys: '?', label: t('keys.help'), act: () => store.dispatch({ type: 'dialog', dialog: 'help' }) },
  ];
}

export function onShortcut(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || store.state.dialog !== null) return;
  if (event.key === 'Escape' && store.state.panel !== null) {
    const { panel: name } = store.state;
    store.dispatch({ type: 'panel', panel: null });
    document.querySelector<HTMLElement>(`[data-control="${name}"]`)?.focus();
    return;
  }
  if (!settings().shortcuts || isTyping(event.target)) return;
  if (event.code === 'Space') {
    if (event.repeat || event.target instanceof HTMLButtonElement || store.state.inputs.microphone.on) return;
    talk.begin();
    event.preventDefault();
    return;
  }
  if (event.repeat) return;
  // By place on the keyboard as well, for those whose letters are not Latin.
  const shortcut = shortcuts().find(({ keys }) => keys === event.key.toUpperCase() || (keys !== '?' && `Key${keys}` === event.code));
  if (!shortcut) return;
  event.preventDefault();
  shortcut.act();
}

export function onShortcutEnd(event: KeyboardEvent): void {
  if (event.code === 'Space') talk.end();
}

function panel(name: Panel): void {
  store.dispatch({ type: 'panel', panel: store.state.panel === name ? null : name });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input:not([type=checkbox]), textarea, select') !== null;
}
