import type { Messages } from '../../../i18n/index.js';

export const en = {
  'title': 'Background',
  'switch': 'Soften the background',
  'on': 'Soften background',
  'off': 'Show background',
  'explain': 'You stay sharp, the room behind you does not. It is computed in this browser; no picture leaves it for that.',
  'starting': 'Starting…',
  'native': 'Your camera does it itself.',
  'running': { one: '{count} picture a second', other: '{count} pictures a second' },
  'slow': 'This machine is too slow to soften the background. The plain picture is shown.',
  'failed': 'The background could not be softened. The plain picture is shown.',
  'camera-off': 'Your camera is off.',
} as const satisfies Messages;
