// As much of Markdown as the guides use: headings, paragraphs, lists, tables, fenced code, quotes, and inline code, bold,
// emphasis and links. `options.link(address)` may rewrite an address, `options.code(text, language)` draws a block of code,
// `options.alone(text, address)` a link that is a paragraph of its own, `options.span(text)` may link what stands in backquotes.
import { escape } from './colour.mjs';

const identity = (value) => value;
const defaults = { link: identity, code: (text) => `<pre><code>${escape(text)}</code></pre>`, alone: () => null, span: (text) => `<code>${escape(text)}</code>` };

/** -> { html, headings: [{ level, id, text }], texts: [{ id, text }] }, the texts by heading for the search. */
export function markdown(source, options = {}) {
  const state = { ...defaults, ...options, headings: [], texts: [], ids: new Set() };
  return { html: blocks(source.split('\n'), state), headings: state.headings, texts: state.texts };
}

/** The anchor that a heading gets where Markdown is commonly shown. */
export function anchor(title) {
  return title.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').trim().replaceAll(' ', '-');
}

function blocks(lines, state) {
  let html = '';
  for (let at = 0; at < lines.length;) {
    const [block, used] = readBlock(lines.slice(at), state);
    html += block;
    at += used;
  }
  return html;
}

function readBlock(lines, state) {
  const [line] = lines;
  if (line.trim() === '') return ['', 1];
  const fence = /^```(\w*)/.exec(line);
  if (fence) {
    const end = lines.indexOf('```', 1);
    return [state.code(lines.slice(1, end).join('\n'), fence[1]), end + 1];
  }
  const heading = /^(#{1,4}) (.*)$/.exec(line);
  if (heading) return [writeHeading(heading[1].length, heading[2], state), 1];
  if (line.startsWith('|')) return table(take(lines, (l) => l.startsWith('|')), state);
  if (line.startsWith('> ')) {
    const quoted = take(lines, (l) => l.startsWith('>'));
    return [`<blockquote>${blocks(quoted.map((l) => l.replace(/^> ?/, '')), state)}</blockquote>`, quoted.length];
  }
  const bullet = /^(?:[-*]|\d+\.) /;
  if (bullet.test(line)) return list(take(lines, (l) => bullet.test(l) || /^ {2,}\S/.test(l)), bullet, state);
  const paragraph = take(lines, (l) => l.trim() !== '' && !/^(```|#{1,4} |\||> )/.test(l) && !(l !== line && bullet.test(l)));
  const text = paragraph.join(' ');
  const alone = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(text);
  const own = alone && state.alone(alone[1], alone[2]);
  if (own) return [own, paragraph.length];
  note(text, state);
  return [`<p>${inline(text, state)}</p>\n`, paragraph.length];
}

function take(lines, belongs) {
  const end = lines.findIndex((line) => !belongs(line));
  return end === -1 ? lines : lines.slice(0, Math.max(1, end));
}

function writeHeading(level, title, state) {
  const text = title.replaceAll(/`|\[([^\]]*)\]\([^)]*\)/g, '$1');
  let id = anchor(text);
  for (let n = 1; state.ids.has(id); n++) id = `${anchor(text)}-${n}`;
  state.ids.add(id);
  state.headings.push({ level, id, text });
  state.texts.push({ id: level === 1 ? '' : id, title: text, text: '' });
  const link = level === 1 ? '' : ` <a class="anchor" href="#${id}" aria-label="Link to ${escape(text)}">#</a>`;
  return `<h${level} id="${id}">${inline(title, state)}${link}</h${level}>\n`;
}

function list(lines, bullet, state) {
  const items = [];
  for (const line of lines) {
    if (bullet.test(line)) items.push([line.replace(bullet, '')]);
    else items.at(-1).push(line.trim());
  }
  const tag = /^\d/.test(lines[0]) ? 'ol' : 'ul';
  const html = items.map((item) => {
    note(item.join(' '), state);
    return `<li>${inline(item.join(' '), state)}</li>`;
  });
  return [`<${tag}>${html.join('')}</${tag}>\n`, lines.length];
}

function table(lines, state) {
  const rows = lines.map((line) => line.slice(1, line.trimEnd().lastIndexOf('|')).split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')));
  const [head, , ...body] = rows;
  for (const row of body) note(row.join(' '), state);
  const cells = (row, tag) => row.map((cell, n) => `<${tag === 'td' && n === 0 ? 'th scope="row"' : tag === 'th' ? 'th scope="col"' : 'td'}>${inline(cell, state)}</${tag === 'td' && n === 0 ? 'th' : tag}>`).join('');
  return [`<div class="table" tabindex="0" role="region" aria-label="${escape(head.join(', ').replaceAll('`', ''))}"><table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table></div>\n`, lines.length];
}

export function inline(text, options = {}) {
  const state = { ...defaults, ...options };
  return text.split(/(`[^`]+`)/).map((part) => (part.startsWith('`') && part.length > 2 ? state.span(part.slice(1, -1)) : emphasis(part, state))).join('');
}

function emphasis(text, { link }) {
  return escape(text)
    .replaceAll(/\[([^\]]*)\]\(([^)\s]+)\)/g, (_, label, address) => `<a href="${link(address)}">${label}</a>`)
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>').replaceAll(/(?<![\w*])\*([^*\s][^*]*)\*/g, '<em>$1</em>');
}

function note(text, state) {
  const plain = text.replaceAll(/`|\*\*/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  if (state.texts.length > 0) state.texts.at(-1).text += ` ${plain}`;
}
