/** The chat's messages on its data channel: JSON with an id and a text, both checked on arrival. */
export const chatLabel = 'chat';
export const chatTextMax = 4000;

export interface ChatMessage { id: string; text: string }

export function encodeChat(message: ChatMessage): string {
  return JSON.stringify({ id: message.id, text: message.text.slice(0, chatTextMax) });
}

export function parseChat(data: string | ArrayBuffer): ChatMessage | null {
  // No character takes more than six bytes in JSON ("\u0000"), so nothing longer can be ours.
  if (typeof data !== 'string' || data.length > chatTextMax * 6 + 200) return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { id, text } = value as Record<string, unknown>;
  if (typeof id !== 'string' || id === '' || id.length > 64) return null;
  if (typeof text !== 'string' || text.trim() === '' || text.length > chatTextMax) return null;
  return { id, text };
}

export type Piece = { text: string } | { url: string };

/** Cuts a text at its links. Only http and https: nothing else is ever made clickable. */
export function pieces(text: string): Piece[] {
  const result: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"']+/gi)) {
    const url = match[0].replace(/[.,;:!?)\]}]+$/, '');
    if (!URL.canParse(url)) continue;
    if (match.index > end) result.push({ text: text.slice(end, match.index) });
    result.push({ url });
    end = match.index + url.length;
  }
  if (end < text.length) result.push({ text: text.slice(end) });
  return result;
}
