/**
 * The chat's messages on its data channel: JSON with a type, all checked on arrival. See "Chat" in
 * docs/protocol.md. A message without a type is one of the first version: `{id, text}`.
 */
export const chatLabel = 'chat';
/** UTF-16 units of one text. */
export const textMax = 4000;
export const nameMax = 128;
/** Of what was said earlier, told to somebody who comes later: the newest messages, within these. */
export const historyMax = 200;
export const historyBytesMax = 128 << 10;
const idMax = 64;

/** What was said before: who wrote it, and when by the teller's clock. */
export interface Earlier {
  id: string;
  from: string;
  name: string;
  text: string;
  atMs: number;
  replyTo: string | null;
  edited: boolean;
}

export type ChatMessage =
  | { type: 'say'; id: string; text: string; replyTo: string | null; isPrivate: boolean }
  | { type: 'edit'; id: string; text: string }
  | { type: 'delete'; id: string }
  | { type: 'history?'; id: string }
  | { type: 'history'; id: string; nowMs: number; messages: readonly Earlier[] };

export function encodeChat(message: ChatMessage, nowMs: number): string {
  switch (message.type) {
    case 'say':
      return JSON.stringify({
        type: 'say', id: message.id, text: message.text, at_ms: nowMs,
        ...(message.replyTo === null ? {} : { reply_to: message.replyTo }), ...(message.isPrivate ? { private: true } : {}),
      });
    case 'edit': return JSON.stringify({ type: 'edit', id: message.id, text: message.text, at_ms: nowMs });
    case 'delete': return JSON.stringify({ type: 'delete', id: message.id, at_ms: nowMs });
    case 'history?': return JSON.stringify({ type: 'history?', id: message.id });
    case 'history': return JSON.stringify({ type: 'history', id: message.id, now_ms: message.nowMs, messages: newest(message.messages) });
  }
}

/** As many of the last ones as may be told, oldest first. */
function newest(messages: readonly Earlier[]): object[] {
  const result: object[] = [];
  let bytes = 0;
  for (const { id, from, name, text, atMs, replyTo, edited } of messages.slice(-historyMax).reverse()) {
    const told = {
      id, from, name, text, at_ms: atMs, ...(replyTo === null ? {} : { reply_to: replyTo }), ...(edited ? { edited: true } : {}),
    };
    bytes += new TextEncoder().encode(JSON.stringify(told)).length + 1;
    if (bytes > historyBytesMax) break;
    result.push(told);
  }
  return result.reverse();
}

export function parseChat(data: string | ArrayBuffer): ChatMessage | null {
  if (typeof data !== 'string' || data.length > historyBytesMax + 1000) return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isRecord(value) || !isID(value.id)) return null;
  const { id } = value;
  switch (value.type ?? 'say') {
    case 'say':
      return isText(value.text) ? { type: 'say', id, text: value.text, replyTo: replyOf(value), isPrivate: value.private === true } : null;
    case 'edit': return isText(value.text) ? { type: 'edit', id, text: value.text } : null;
    case 'delete': return { type: 'delete', id };
    case 'history?': return { type: 'history?', id };
    case 'history': {
      if (!isTime(value.now_ms) || !Array.isArray(value.messages) || value.messages.length > historyMax) return null;
      const messages = value.messages.map(parseEarlier).filter((message) => message !== null);
      return { type: 'history', id, nowMs: value.now_ms, messages };
    }
    default: return null;
  }
}

function parseEarlier(value: unknown): Earlier | null {
  if (!isRecord(value)) return null;
  const { id, from, name, text, at_ms: atMs } = value;
  if (!isID(id) || !isID(from) || typeof name !== 'string' || name.length > nameMax || !isText(text) || !isTime(atMs)) return null;
  return { id, from, name, text, atMs, replyTo: replyOf(value), edited: value.edited === true };
}

function replyOf({ reply_to: id }: Record<string, unknown>): string | null {
  return isID(id) ? id : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isID(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= idMax;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= textMax;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
