// Colours code at build time: text -> HTML with a span around each comment, string, keyword, number, type, name of a
// function, and tag. It need not understand the language, only never lose a character.
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escape = (text) => text.replaceAll(/[&<>"]/g, (sign) => escapes[sign]);

const keywords = new Set(('abstract as async await break case catch class const continue declare default delete do else enum export extends finally for from '
  + 'function get if implements import in instanceof interface keyof let new null of private readonly return set static super switch this throw true false try '
  + 'type typeof undefined var void while yield string number boolean unknown never object any').split(' '));

const script = [
  ['comment', /\/\/[^\n]*|\/\*[^]*?\*\//y],
  ['string', /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`/y],
  ['number', /\b\d[\d_.]*(?:e\d+)?\b/y],
  ['word', /[A-Za-z_$#][\w$]*/y],
];

const tsx = [script[0], script[1], ['tag', /<\/?[A-Za-z]*(?=[\s/>])|\/>|(?<=["'}])>|(?<=<[^<>]*)>(?=\s*<|\{|\w+<)/y], ...script.slice(2)];

const markup = [
  ['comment', /<!--[^]*?-->/y],
  ['tag', /<!?\/?[A-Za-z][\w-]*|\/?>/y],
  ['string', /"[^"]*"/y],
  ['attribute', /(?<=\s)[@:.A-Za-z][\w:.@-]*(?==|[\s>])/y],
];

const css = [
  ['comment', /\/\*[^]*?\*\//y],
  ['string', /"[^"]*"|'[^']*'/y],
  ['attribute', /--[\w-]+|[\w-]+(?=\s*:\s)/y],
  ['number', /#[0-9a-fA-F]{3,8}\b|\b\d[\d.]*(?:px|rem|%|s)?/y],
];

const shell = [['comment', /#[^\n]*/y], ['string', /"[^"]*"|'[^']*'/y], ['attribute', /(?<=\s)--?[\w-]+/y]];

const languages = { ts: script, tsx, js: script, mjs: script, json: script, html: markup, vue: markup, css, sh: shell, go: script };

/** `link(name)` may give an address for the name of a type. */
export function colour(code, language, link = () => null) {
  if (language === 'vue' || language === 'html') return colourMarkup(code, link);
  const rules = languages[language];
  return rules ? run(code, rules, link) : escape(code);
}

/** Scripts within it are scripts. */
function colourMarkup(code, link) {
  const parts = code.split(/(<script\b[^>]*>)([^]*?)(<\/script>)/);
  return parts.map((part, n) => (n % 4 === 2 ? run(part, script, link) : run(part, markup, link))).join('');
}

function run(code, rules, link) {
  let html = '';
  let at = 0;
  while (at < code.length) {
    const [kind, text] = next(code, at, rules);
    html += kind === 'word' ? word(code, at, text, link) : kind ? span(kind, text) : escape(text);
    at += text.length;
  }
  return html;
}

function next(code, at, rules) {
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = at;
    const found = pattern.exec(code);
    if (found && found[0] !== '') return [kind, found[0]];
  }
  return [null, code[at]];
}

function word(code, at, text, link) {
  const address = link(text);
  if (address) return `<a class="type" href="${address}">${escape(text)}</a>`;
  const after = code.slice(at + text.length);
  // A member or a parameter may be called like a keyword.
  if (keywords.has(text) && code[at - 1] !== '.' && !/^\??:/.test(after)) return span('keyword', text);
  if (/^(?:<[^>()]*>)?\(/.test(after)) return span('function', text);
  return /^[A-Z]/.test(text) ? span('type', text) : escape(text);
}

const span = (kind, text) => `<span class="${kind}">${escape(text)}</span>`;
