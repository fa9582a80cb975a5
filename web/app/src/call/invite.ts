import { roomURL } from '../router.js';
import { store, toast } from '../store.js';
import { session } from './session.js';

export function inviteURL(): string {
  const { route } = store.state;
  return route.page === 'room' ? roomURL(route.room) : location.href;
}

/** Copies the room's link; where that link alone lets nobody in, shows what does. */
export async function copyInvite(): Promise<void> {
  const { call } = session;
  if (call?.settings.access === 'invited' && call.role === 'host') return showInvite();
  await copyText(inviteURL());
}

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast('invite.copied');
  } catch {
    toast('invite.copy-failed', {}, 'warning');
  }
}

export function showInvite(): void {
  store.dispatch({ type: 'dialog', dialog: 'invite' });
}
