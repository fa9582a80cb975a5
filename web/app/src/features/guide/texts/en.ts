import type { Messages } from '../../../i18n/index.js';

export const en = {
  'alt.chrome': 'The icon to the left of the address in Chrome opens a list with a switch each for camera and microphone.',
  'alt.edge': 'The lock to the left of the address in Edge opens a list with a switch each for camera and microphone.',
  'alt.firefox': 'The crossed-out camera to the left of the address in Firefox opens a list; the cross behind each entry removes the block.',
  'alt.safari': 'The Safari menu has an entry for the settings of this website, with a choice each for camera and microphone.',
  'alt.android': 'The icon to the left of the address opens the permissions of the page, with a switch each for camera and microphone.',
  'alt.ios': 'The icon to the left of the address opens the settings of the website, for camera and microphone.',
  'alt.windows-settings': 'Privacy in the Windows settings, with switches for the device, for all apps and for the browser.',
  'alt.macos-settings': 'Privacy in the macOS settings, with a switch for the browser.',
  'alt.android-settings': 'The browser in the list of apps of the phone, and its permissions for camera and microphone.',
  'alt.ios-settings': 'The browser in the settings of the phone, with switches for camera and microphone.',
  'steps.windows': 'Open Settings, Privacy & security.\nChoose Camera or Microphone, and allow access.\nAllow desktop apps, too.',
  'steps.macos': 'Open System Settings, Privacy & Security.\nChoose Camera, Microphone or Screen Recording, and switch the browser on.\nStart the browser again.',
  'steps.android': 'Open Settings, Apps, and choose the browser.\nOpen Permissions, and allow camera and microphone.',
  'steps.ios': 'Open Settings and choose the browser.\nSwitch camera and microphone on.',
  'still': 'Still not? The system may block it',
} as const satisfies Messages;
