import type { Messages } from '../../../i18n/index.js';

export const en = {
  'hand.raise': 'Raise hand',
  'hand.lower': 'Lower hand',
  'hand.raised': '{name} raised a hand',
  'hand.mine': 'Your hand is up',
  'hand.place': 'Hand raised, number {place}',
  'hands.title': { one: '{count} raised hand', other: '{count} raised hands' },
  'hands.lower.name': 'Lower the hand of {name}',
  'hands.lower.all': 'Lower all',
  'keys.hand': 'Raise or lower your hand',
  'keys.react': 'React',
  'react.open': 'React',
  'react.tray': 'Reactions',
  'react.thumbs-up': 'Thumbs up',
  'react.applause': 'Applause',
  'react.heart': 'Heart',
  'react.laugh': 'Laughing',
  'react.surprise': 'Surprise',
  'react.party': 'Party',
  'react.from': '{name}: {reaction}',
  'react.fast': 'That was fast. Wait a moment.',
} as const satisfies Messages;
