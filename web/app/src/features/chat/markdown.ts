/**
 * The part of Markdown that people use in a chat, as a tree. Whatever is no markup stays as it was
 * typed, line breaks too. A link leads only to http, https and mailto addresses.
 */
export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; children: Inline[] }
  | { kind: 'link'; url: string; children: Inline[] };

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'quote'; children: Block[] }
  /** `start` is the first number; null for one with dots. */
  | { kind: 'list'; start: number | null; items: Block[][] };

const depthMax = 6;
const fence = /^ {0,3}```[\w+#.-]*\s*$/;
const quote = /^ {0,3}> ?/;
const item = /^( {0,3})(?:[-*]|(\d{1,3})[.)]) +(?=\S)/;

export function parseMarkdown(text: string): Block[] {
  return parseBlocks(text.replace(/\r\n?/g, '\n').split('\n'), 0);
}

function parseBlocks(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') {
      at++;
    } else if (fence.test(line)) {
      const end = lines.findIndex((other, index) => index > at && /^ {0,3}```\s*$/.test(other));
      const upto = end < 0 ? lines.length : end;
      blocks.push({ kind: 'code', text: lines.slice(at + 1, upto).join('\n') });
      at = upto + 1;
    } else if (depth < depthMax && quote.test(line)) {
      const upto = endOf(lines, at, (other) => quote.test(other));
      blocks.push({ kind: 'quote', children: parseBlocks(lines.slice(at, upto).map((other) => other.replace(quote, '')), depth + 1) });
      at = upto;
    } else if (depth < depthMax && item.test(line)) {
      const [list, upto] = parseList(lines, at, depth);
      blocks.push(list);
      at = upto;
    } else {
      const upto = endOf(lines, at, (other, index) => index === at || !startsBlock(other, depth));
      blocks.push({ kind: 'paragraph', children: parseInline(lines.slice(at, upto).join('\n')) });
      at = upto;
    }
  }
  return blocks;
}

function startsBlock(line: string, depth: number): boolean {
  return line.trim() === '' || fence.test(line) || (depth < depthMax && (quote.test(line) || item.test(line)));
}

function endOf(lines: readonly string[], from: number, belongs: (line: string, index: number) => boolean): number {
  let at = from;
  while (at < lines.length && belongs(lines[at] ?? '', at)) at++;
  return at;
}

/** Items of one kind; what is indented below an item belongs to it. */
function parseList(lines: readonly string[], from: number, depth: number): [Block, number] {
  const first = item.exec(lines[from] ?? '')?.[2];
  const items: Block[][] = [];
  let at = from;
  for (;;) {
    const line = lines[at] ?? '';
    const match = item.exec(line);
    if (!match || (match[2] === undefined) !== (first === undefined)) break;
    const upto = endOf(lines, at + 1, (other) => /^ {2,}\S/.test(other));
    const rest = lines.slice(at + 1, upto).map((other) => other.replace(/^ {1,4}/, ''));
    items.push(parseBlocks([line.slice(match[0].length), ...rest], depth + 1));
    at = upto;
  }
  return [{ kind: 'list', start: first === undefined ? null : Number(first), items }, at];
}

const wrapped = [
  { mark: '**', kind: 'bold' }, { mark: '~~', kind: 'strike' }, { mark: '*', kind: 'italic' }, { mark: '_', kind: 'italic' },
] as const;

function parseInline(text: string, depth = 0, inLink = false): Inline[] {
  const result: Inline[] = [];
  let plain = 0;
  let at = 0;
  const put = (upto: number, node: Inline | null, next: number): void => {
    if (upto > plain) result.push({ kind: 'text', text: text.slice(plain, upto) });
    if (node) result.push(node);
    plain = at = next;
  };
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '\\' && /[\\`*_~[\]()>#-]/.test(text.charAt(at + 1))) {
      put(at, { kind: 'text', text: text.charAt(at + 1) }, at + 2);
      continue;
    }
    const found = char === '`' ? codeAt(text, at)
      : depth < depthMax && '*_~'.includes(char) ? wrappedAt(text, at, depth, inLink)
        : !inLink && char === '[' ? linkAt(text, at, depth)
          : !inLink && /[hm]/i.test(char) ? addressAt(text, at) : null;
    if (found) put(at, found.node, found.end);
    else at++;
  }
  put(text.length, null, text.length);
  return result;
}

interface Found { node: Inline; end: number }

function codeAt(text: string, at: number): Found | null {
  const mark = /^`+/.exec(text.slice(at, at + 8))?.[0] ?? '`';
  const end = text.indexOf(mark, at + mark.length);
  if (end <= at + mark.length) return null;
  return { node: { kind: 'code', text: text.slice(at + mark.length, end) }, end: end + mark.length };
}

function wrappedAt(text: string, at: number, depth: number, inLink: boolean): Found | null {
  const form = wrapped.find(({ mark }) => text.startsWith(mark, at));
  if (!form) return null;
  const { mark, kind } = form;
  const begin = at + mark.length;
  // Within a word a single sign is most often meant as it stands: 2*3*4, snake_case.
  const opens = mark.length === 1 ? /[^\s*_]/ : /\S/;
  if (!opens.test(text.charAt(begin)) || (mark.length === 1 && isWord(text.charAt(at - 1)))) return null;
  for (let end = text.indexOf(mark, begin + 1); end >= 0; end = text.indexOf(mark, end + 1)) {
    if (/\s|\\/.test(text.charAt(end - 1))) continue;
    // Of more signs than that the last ones close: ***both***.
    if (text.charAt(end + mark.length) === mark.charAt(0)) continue;
    if (mark.length === 1 && (isWord(text.charAt(end + 1)) || text.charAt(end - 1) === mark)) continue;
    return { node: { kind, children: parseInline(text.slice(begin, end), depth + 1, inLink) }, end: end + mark.length };
  }
  return null;
}

function isWord(char: string): boolean {
  return /[\p{L}\p{N}_]/u.test(char);
}

function linkAt(text: string, at: number, depth: number): Found | null {
  const middle = text.indexOf('](', at);
  const end = middle < 0 ? -1 : text.indexOf(')', middle);
  if (end < 0 || middle === at + 1) return null;
  const label = text.slice(at + 1, middle);
  const url = safeURL(text.slice(middle + 2, end).trim());
  if (!url || /[[\]\n]/.test(label)) return null;
  // A text that looks like one address and leads to another would be a trap.
  const shown = /^\s*(?:https?:\/\/)?([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)/iu.exec(label)?.[1];
  if (shown !== undefined && new URL(url).hostname !== shown.toLowerCase()) return null;
  return { node: { kind: 'link', url, children: parseInline(label, depth + 1, true) }, end: end + 1 };
}

const address = /(?:https?:\/\/|mailto:)[^\s<>"'`]+/iy;

function addressAt(text: string, at: number): Found | null {
  if (isWord(text.charAt(at - 1))) return null;
  address.lastIndex = at;
  let typed = address.exec(text)?.[0];
  if (typed === undefined) return null;
  typed = typed.replace(/[.,;:!?*_~\]}]+$/, '');
  // A bracket that was opened before the address does not belong to it.
  while (typed.endsWith(')') && typed.split(')').length > typed.split('(').length) typed = typed.slice(0, -1).replace(/[.,;:!?]+$/, '');
  const url = safeURL(typed);
  if (!url) return null;
  // Letters of another script can look like Latin ones: such a name is shown as it is in the network.
  const shown = /^(?:mailto:|https?:\/\/[!-~]+(?:[/?#]|$))/i.test(typed) ? typed : url;
  return { node: { kind: 'link', url, children: [{ kind: 'text', text: shown }] }, end: at + typed.length };
}

/** The address in its normal form; null for what is none, or may not be followed. */
export function safeURL(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  // "https://bank.example@other.example" leads to the other one.
  if (url.username !== '' || url.password !== '') return null;
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
}

/** What is left of a text without its markup, in one line: for a quote, or to be read out. */
export function plainText(text: string): string {
  return parseMarkdown(text).map(textOfBlock).join(' ').replace(/\s+/g, ' ').trim();
}

function textOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph': return block.children.map(textOfInline).join('');
    case 'code': return block.text;
    case 'quote': return block.children.map(textOfBlock).join(' ');
    case 'list': return block.items.map((blocks) => blocks.map(textOfBlock).join(' ')).join(' ');
  }
}

function textOfInline(inline: Inline): string {
  return 'text' in inline ? inline.text : inline.children.map(textOfInline).join('');
}
