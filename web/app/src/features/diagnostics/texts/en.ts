import type { Messages } from '../../../i18n/index.js';

export const en = {
  'open': 'Save a diagnostic report',
  'title': 'Diagnostic report',
  'lead': 'All events and statistics of this call in one file, for whoever looks for a fault.',
  'without': 'Never in it: what was said, written or sent, passwords, and the name of the room.',
  'redact': 'Leave out names and addresses',
  'save': 'Save',
  'live': 'Watch live in a new tab',
  'failed': 'The report could not be saved. Look at it live instead.',
  'quality.open': 'What does this mean?',
  'quality.lead': 'The worst of the three values decides:',
  'quality.below': 'below {value}',
  'quality.more': 'anything above',
  'quality.good': 'Nothing is heard or seen of it.',
  'quality.fair': 'A word or a picture is missed now and then.',
  'quality.poor': 'Talking becomes hard.',
} as const satisfies Messages;
