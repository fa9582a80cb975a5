/**
 * What travels between two peers about files: docs/protocol.md, section 9.2. Nothing that a peer sends
 * is believed before it has passed through here.
 */

export const CONTROL_LABEL = 'files';
export const DATA_LABEL = 'file-data';

export const PIECE_BYTES = 1 << 20;
export const HASH_BYTES = 32;
export const HEADER_BYTES = 24;
/** Pieces that a receiver asks for beyond what it keeps, and kept pieces after which it asks for more. */
export const WINDOW_PIECES = 16;
export const EXTEND_PIECES = 4;
/** A piece that came wrong this often will not come right. */
export const TRIES_MAX = 3;
export const FILE_BYTES_MAX = 2 ** 46;
export const OFFERS_MAX = 1_000;
/** Of what a peer takes. With less, headers would be most of it. */
export const MESSAGE_BYTES_MIN = 1 << 10;
export const MESSAGE_BYTES_MAX = 256 << 10;
const TEXT_LENGTH_MAX = 256 << 10;
const NAME_LENGTH_MAX = 255;
const PATH_LENGTH_MAX = 1_024;
const PATH_PARTS_MAX = 64;

const MAGIC = 1;
const FLAG_LAST = 1;
const FLAG_FIRST = 2;

/**
 * Why a file could not be transferred.
 *
 * - 'changed': the sender's file is not the one that was offered, or of which pieces are kept
 * - 'unreadable': the sender's file cannot be read
 * - 'no-space': the receiver's disk or quota is full
 * - 'bad-piece': a piece does not match its hash, again and again
 * - 'too-large': for what the receiver can keep
 * - 'unknown': there is no such offer
 * - 'internal': anything else
 */
export type FileErrorCode = 'changed' | 'unreadable' | 'no-space' | 'bad-piece' | 'too-large' | 'unknown' | 'internal';

const CODES: readonly string[] = ['changed', 'unreadable', 'no-space', 'bad-piece', 'too-large', 'unknown', 'internal'];

/** Files that were offered as one: a folder. */
export interface FileGroup { readonly id: string; readonly name: string; readonly files: number }

/** What is told of a file before any of it is sent. Names are text from a peer: never markup. */
export interface FileInfo {
  /** Names the transfer at both ends, over reloads too. */
  readonly id: string;
  /** As any file system takes it. */
  readonly name: string;
  /** Place in a folder, with "/" between the parts and the name at the end; just the name without a folder. */
  readonly path: string;
  readonly bytes: number;
  /** As the sender's browser believes it. */
  readonly mime: string;
  /** When it was last changed, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** The folder it came with. */
  readonly group: FileGroup | null;
}

/** As it is on the wire. */
export type Message =
  | { type: 'list'; known: string[] }
  | { type: 'offer'; id: string; name: string; bytes: number; mime: string; modified_ms: number; path?: string; group?: FileGroup }
  | { type: 'want'; id: string; from: number; upto: number; have?: string }
  | { type: 'more'; id: string; upto: number }
  | { type: 'done'; id: string; tree: string }
  | { type: 'confirmed'; id: string; tree: string; match: boolean }
  | { type: 'failed'; id: string; code: FileErrorCode; message: string }
  | { type: 'withdraw' | 'pause' | 'refuse' | 'cancel'; id: string };

export interface Header { id: string; piece: number; first: boolean; last: boolean }

export function piecesOf(bytes: number): number {
  return Math.ceil(bytes / PIECE_BYTES);
}

/** Bytes of the first `pieces` pieces of a file. */
export function bytesOfPieces(pieces: number, bytes: number): number {
  return Math.min(pieces * PIECE_BYTES, bytes);
}

export function offerOf(file: FileInfo): Message {
  const { id, name, bytes, mime, group } = file;
  return {
    type: 'offer', id, name, bytes, mime, modified_ms: file.modifiedMs,
    ...(file.path === name ? {} : { path: file.path }), ...(group ? { group } : {}),
  };
}

export function infoOf(offer: Extract<Message, { type: 'offer' }>): FileInfo {
  const { id, bytes, mime, group } = offer;
  const name = cleanName(offer.name);
  return {
    id, name, bytes, mime, modifiedMs: offer.modified_ms, path: cleanPath(offer.path ?? name) || name,
    group: group ? { id: group.id, name: cleanName(group.name), files: group.files } : null,
  };
}

/** A name as any file system takes it. It is text all the same: never markup. */
export function cleanName(name: string): string {
  const clean = name.replace(/[\p{Cc}\u2028\u2029\p{Bidi_Control}/\\:*?"<>|]/gu, '_').trim().replace(/[. ]+$/, '');
  return cut(clean, NAME_LENGTH_MAX).replace(/^\.+$/, '') || '_';
}

/** A path that stays below where it is put; "" if nothing is left of it. */
export function cleanPath(path: string): string {
  const parts = path.split(/[/\\]/).filter((part) => !/^(|\.|\.\.|[A-Za-z]:)$/.test(part.trim()));
  return parts.map(cleanName).join('/');
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : [...text.slice(0, length)].slice(0, -1).join('');
}

/** Null for what does not keep to the protocol, whatever it is. */
export function parseMessage(data: unknown): Message | null {
  if (typeof data !== 'string' || data.length > TEXT_LENGTH_MAX) return null;
  let message: Record<string, unknown>;
  try {
    message = { ...(JSON.parse(data) as object) } as Record<string, unknown>;
  } catch {
    return null;
  }
  const { type, id } = message;
  if (type === 'list') return parseList(message.known);
  if (!isID(id)) return null;
  switch (type) {
    case 'offer': return parseOffer(id, message);
    case 'want': return parseWant(id, message);
    case 'more': return isCount(message.upto) ? { type, id, upto: message.upto } : null;
    case 'done': return isHash(message.tree) ? { type, id, tree: message.tree } : null;
    case 'confirmed':
      return isHash(message.tree) ? { type, id, tree: message.tree, match: message.match === true } : null;
    case 'failed': {
      const { code, message: text } = message;
      const known = CODES.includes(code as string) ? code as FileErrorCode : 'internal';
      return { type, id, code: known, message: typeof text === 'string' ? text.slice(0, 256) : '' };
    }
    case 'withdraw': case 'pause': case 'refuse': case 'cancel': return { type, id };
    default: return null;
  }
}

function parseList(known: unknown): Message | null {
  const ids = known === undefined ? [] : known;
  return Array.isArray(ids) && ids.length <= OFFERS_MAX && ids.every(isID) ? { type: 'list', known: ids } : null;
}

function parseOffer(id: string, message: Record<string, unknown>): Message | null {
  const { name, bytes, mime, modified_ms, path, group } = message;
  if (typeof name !== 'string' || name === '' || name.length > NAME_LENGTH_MAX) return null;
  if (!isCount(bytes) || bytes > FILE_BYTES_MAX) return null;
  if (typeof mime !== 'string' || !/^[\x20-\x7e]{0,127}$/.test(mime)) return null;
  if (typeof modified_ms !== 'number' || !Number.isFinite(modified_ms)) return null;
  if (path !== undefined && !isPath(path)) return null;
  const set = group === undefined ? undefined : parseGroup(group);
  if (set === null) return null;
  return {
    type: 'offer', id, name, bytes, mime, modified_ms,
    ...(path === undefined ? {} : { path }), ...(set ? { group: set } : {}),
  };
}

function isPath(path: unknown): path is string {
  return typeof path === 'string' && path.length <= PATH_LENGTH_MAX && path.split(/[/\\]/).length <= PATH_PARTS_MAX;
}

function parseGroup(group: unknown): FileGroup | null {
  const { id, name, files } = { ...(group as object) } as Record<string, unknown>;
  if (!isID(id) || typeof name !== 'string' || name === '' || name.length > NAME_LENGTH_MAX) return null;
  return isCount(files) && files <= 100_000 ? { id, name, files } : null;
}

function parseWant(id: string, message: Record<string, unknown>): Message | null {
  const { from, upto, have } = message;
  if (!isCount(from) || !isCount(upto) || upto < from || upto > piecesOf(FILE_BYTES_MAX)) return null;
  if (from === 0) return { type: 'want', id, from, upto };
  return isHash(have) ? { type: 'want', id, from, upto, have } : null;
}

function isID(id: unknown): id is string {
  return typeof id === 'string' && /^[\w-]{21}[AQgw]$/.test(id); // 128 bits: the last sign has 2 of them
}

function isHash(hash: unknown): hash is string {
  return typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
}

function isCount(count: unknown): count is number {
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0;
}

export function idBytes(id: string): Uint8Array {
  return Uint8Array.from(atob(`${id.replaceAll('-', '+').replaceAll('_', '/')}==`), (sign) => sign.charCodeAt(0));
}

/** Writes the header of one message at the start of `message`. */
export function putHeader(message: Uint8Array, id: Uint8Array, piece: number, first: boolean, last: boolean): void {
  message[0] = MAGIC;
  message[1] = (last ? FLAG_LAST : 0) | (first ? FLAG_FIRST : 0);
  message.set(id, 4);
  new DataView(message.buffer, message.byteOffset).setUint32(20, piece);
}

/** Null for what is no part of a piece. */
export function parseHeader(data: unknown): Header | null {
  if (!(data instanceof ArrayBuffer) || data.byteLength <= HEADER_BYTES || data.byteLength > MESSAGE_BYTES_MAX) return null;
  const bytes = new Uint8Array(data, 0, HEADER_BYTES);
  const flags = bytes[1] ?? 0;
  if (bytes[0] !== MAGIC) return null;
  const id = btoa(String.fromCharCode(...bytes.subarray(4, 20))).slice(0, 22).replaceAll('+', '-').replaceAll('/', '_');
  const piece = new DataView(data).getUint32(20);
  return { id, piece, first: (flags & FLAG_FIRST) !== 0, last: (flags & FLAG_LAST) !== 0 };
}

export function hex(bytes: ArrayBuffer | Uint8Array): string {
  return [...(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The tree hash of pieces whose hashes are given one after the other. */
export async function treeOf(hashes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', hashes));
}
