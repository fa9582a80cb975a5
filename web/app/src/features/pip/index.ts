/** The call in a small window, and on the keys of a headset. */
import { register } from '../../call/feature.js';
import { browserOf } from '../../call/problems.js';
import { session } from '../../call/session.js';
import { toastText } from '../../store.js';
import { beginMediaSession } from './media-session.js';
import { pip } from './state.js';
import { t } from './texts.js';
import { canShowVideo, closeVideo, openVideo } from './video.js';
import { closeWindow, documentPip, openWindow } from './window.js';

async function open(): Promise<void> {
  const api = documentPip();
  try {
    if (api) await openWindow(api);
    else if (canShowVideo()) await openVideo();
    // https://support.mozilla.org/kb/about-picture-picture-firefox: it gives pages no say in it.
    else toastText(t(browserOf(navigator.userAgent, navigator.maxTouchPoints) === 'firefox' ? 'firefox' : 'none'));
  } catch {
    toastText(t('failed'), 'warning');
  }
}

function close(): void {
  closeWindow();
  closeVideo();
}

function toggle(): void {
  if (pip.open) close();
  else void open();
}

register({
  order: 40,
  watches: [pip],
  begin: () => {
    const end = beginMediaSession(() => {
      if (!pip.open && session.call) void open();
    });
    return () => {
      end();
      close();
    };
  },
  menu: () => [{ icon: 'pip', label: t(pip.open ? 'close' : 'open'), key: 'W', act: toggle }],
  shortcuts: () => [{ keys: 'W', label: t('keys'), act: toggle }],
});
