/** The keys of headsets and the system's own controls for what plays: https://www.w3.org/TR/mediasession/ */
import { session } from '../../call/session.js';
import { store } from '../../store.js';
import { t } from './texts.js';

interface CallMediaSession {
  setMicrophoneActive?(active: boolean): Promise<void> | void;
  setCameraActive?(active: boolean): Promise<void> | void;
}

/** Until the returned function is called. `enter` opens the small window; browsers ask for it when the page is left. */
export function beginMediaSession(enter: () => void): () => void {
  if (!('mediaSession' in navigator)) return () => undefined;
  const { mediaSession } = navigator;
  const actions: Record<string, () => void> = {
    togglemicrophone: () => void session.toggleMicrophone(),
    togglecamera: () => void session.toggleCamera(),
    hangup: () => session.leave(),
    enterpictureinpicture: enter,
  };
  for (const [action, act] of Object.entries(actions)) handle(action, act);
  const { route } = store.state;
  mediaSession.metadata = new MediaMetadata({ title: t('call'), artist: route.page === 'room' ? route.room : '' });
  let shown = '';
  const show = (): void => {
    const { microphone, camera } = store.state.inputs;
    if (shown === `${microphone.on} ${camera.on}`) return;
    shown = `${microphone.on} ${camera.on}`;
    const states = mediaSession as CallMediaSession;
    // They may refuse a page that is hidden; they are told again at the next change.
    void Promise.resolve(states.setMicrophoneActive?.(microphone.on)).catch(() => undefined);
    void Promise.resolve(states.setCameraActive?.(camera.on)).catch(() => undefined);
  };
  const off = store.subscribe(show);
  show();
  return () => {
    off();
    for (const action of Object.keys(actions)) handle(action, null);
    mediaSession.metadata = null;
  };
}

function handle(action: string, act: (() => void) | null): void {
  try {
    navigator.mediaSession.setActionHandler(action as MediaSessionAction, act);
  } catch {
    // This browser does not have that action.
  }
}
