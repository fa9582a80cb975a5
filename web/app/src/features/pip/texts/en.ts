import type { Messages } from '../../../i18n/index.js';

export const en = {
  'open': 'Small window',
  'close': 'Close small window',
  'title': 'Call in {room}',
  'firefox': 'Firefox has a button for this on each picture: point at it.',
  'none': 'This browser has no small windows.',
  'failed': 'The small window could not be opened.',
  'keys': 'Small window',
  'call': 'Parley call',
} as const satisfies Messages;
