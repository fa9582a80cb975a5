/** Reactions on their data channel: JSON with a kind of a known set, checked on arrival. */

export const reactionLabel = 'reactions';

export const reactions = {
  'thumbs-up': { emoji: '👍', name: 'react.thumbs-up' },
  applause: { emoji: '👏', name: 'react.applause' },
  heart: { emoji: '❤️', name: 'react.heart' },
  laugh: { emoji: '😂', name: 'react.laugh' },
  surprise: { emoji: '😮', name: 'react.surprise' },
  party: { emoji: '🎉', name: 'react.party' },
} as const;

export type Reaction = keyof typeof reactions;

export function encodeReaction(reaction: Reaction): string {
  return JSON.stringify({ reaction });
}

export function parseReaction(data: string | ArrayBuffer): Reaction | null {
  if (typeof data !== 'string' || data.length > 100) return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  const kind = typeof value === 'object' && value !== null ? (value as Record<string, unknown>).reaction : null;
  return typeof kind === 'string' && Object.hasOwn(reactions, kind) ? (kind as Reaction) : null;
}
