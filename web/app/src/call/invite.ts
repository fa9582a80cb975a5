import { t } from '../i18n/index.js';
import { roomURL } from '../router.js';
import { store, toast } from '../store.js';

export const canShare = typeof navigator !== 'undefined' && 'share' in navigator;

export function inviteURL(): string {
  const { route } = store.state;
  return route.page === 'room' ? roomURL(route.room) : location.href;
}

export async function copyInvite(): Promise<void> {
  try {
    await navigator.clipboard.writeText(inviteURL());
    toast('invite.copied');
  } catch {
    toast('invite.copy-failed', {}, 'warning');
  }
}

export async function shareInvite(): Promise<void> {
  try {
    await navigator.share({ title: 'Parley', text: t('invite.text'), url: inviteURL() });
  } catch (error) {
    // Closing the sheet is no failure.
    if (!(error instanceof DOMException && error.name === 'AbortError')) await copyInvite();
  }
}
