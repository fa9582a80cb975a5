import type { Messages } from '../../../i18n/index.js';

export const en = {
  'open': 'Test the connection',
  'close': 'Close',
  'failed': 'The test could not be loaded. Try again.',
} as const satisfies Messages;
