// The documentation: pages of HTML from the guides in docs/sdk, the types of the SDK and the examples.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { colour, escape } from './colour.mjs';
import { exampleFiles, exampleNames, readExample } from './examples.mjs';
import { layout } from './layout.mjs';
import { markdown } from './markdown.mjs';
import { addresses, referencePages, spanOf } from './reference.mjs';

export const guides = fileURLToPath(new URL('../../docs/sdk/', import.meta.url));

/** In the order in which they are read. */
const order = ['README', 'element', 'calls', 'devices', 'channels', 'files', 'statistics', 'errors', 'tokens', 'examples'];

const pathOf = (name) => (name === 'README' ? '/docs/' : `/docs/${name}/`);

/** -> { pages: Map of address -> HTML, index: entries of the search }. `assets` are the addresses of what pages load. */
export async function buildSite(api, assets) {
  const known = addresses(api);
  const found = (await readdir(guides)).map((file) => path.basename(file, '.md'));
  for (const name of found) if (!order.includes(name)) throw new Error(`docs/sdk/${name}.md has no place in the order of the guides`);
  const examples = await readExamples();
  const written = await Promise.all(order.map(async (name) => guide(name, await readFile(path.join(guides, `${name}.md`), 'utf8'), known, examples)));
  const reference = referencePages(api);
  const nav = [{ title: 'Guides', pages: written }, { title: 'Reference', pages: reference }];
  const all = [...written, ...reference];
  return {
    pages: new Map(all.map((page) => [page.path, layout(page, nav, assets)])),
    index: all.flatMap((page) => page.texts.map(({ id, title, text }) => ({
      a: `${page.path}${id ? `#${id}` : ''}`, t: title, p: page.title, x: text.trim().slice(0, 400),
    }))),
  };
}

/** Name -> its files with their text. */
async function readExamples() {
  const names = await exampleNames();
  const rank = (file) => ['app', 'use-call', 'chat', 'main', 'index', 'look'].indexOf(path.parse(file).name);
  return new Map(await Promise.all(names.map(async (name) => {
    const files = (await exampleFiles(name)).sort((a, b) => rank(a) - rank(b));
    return [name, await Promise.all(files.map(async (file) => ({ file, text: (await readExample(name, file)).trimEnd() })))];
  })));
}

function guide(name, source, known, examples) {
  let count = 0;
  const rewritten = { link: (address) => rewriteLink(address, name) };
  const { html, headings, texts } = markdown(source, {
    ...rewritten,
    span: (text) => spanOf(text, known),
    code: (text, language) => block(text, language, (word) => (/^[A-Z]/.test(word) ? known.get(word) ?? null : null)),
    alone: (label, address) => {
      const [, example] = /web\/examples\/([a-z-]+)$/.exec(address) ?? [];
      if (!example) return null;
      if (!examples.has(example)) throw new Error(`docs/sdk/${name}.md shows the example ${example}, which is not there`);
      return live(example, label, examples.get(example), `${name}-${++count}`);
    },
  });
  const [first] = headings;
  const text = texts[0]?.text.trim() ?? '';
  return { path: pathOf(name), title: name === 'README' ? 'Getting started' : first.text, description: text.split('. ')[0], html, headings, texts };
}

/** As the guides link to each other in the repository, so that they can be read there too. */
function rewriteLink(address, from) {
  if (/^(https?:|#)/.test(address)) return address;
  const [file, hash] = address.split('#');
  const suffix = hash ? `#${hash}` : '';
  if (/^[a-zA-Z-]+\.md$/.test(file)) return pathOf(path.basename(file, '.md')) + suffix;
  if (file.endsWith('web/sdk/api.md')) return '/docs/reference/client/';
  throw new Error(`docs/sdk/${from}.md links to ${address}, which the site does not have`);
}

const copy = '<button class="copy" type="button" hidden>Copy</button>';

function block(text, language, link = () => null) {
  return `<div class="block">${copy}<pre class="code" tabindex="0"><code>${colour(text, language, link)}</code></pre></div>\n`;
}

/** An example with its files and a place to run it in. Without a script all files are there, one after the other. */
function live(name, label, files, id) {
  const tabs = files.map(({ file }, n) => `<button type="button" role="tab" id="${id}-tab-${n}" aria-controls="${id}-file-${n}" aria-selected="${n === 0}"${n === 0 ? '' : ' tabindex="-1"'}>${escape(file)}</button>`).join('');
  const bodies = files.map(({ file, text }, n) => `<div class="file" id="${id}-file-${n}"><p class="file-name">${escape(file)}</p>${block(text, path.extname(file).slice(1))}</div>`).join('');
  return `<section class="example" data-example="${name}" aria-label="${escape(label)}"><div class="example-bar" hidden><div class="tabs" role="tablist" aria-label="Files">${tabs}</div>
    <button class="run" type="button">Run</button></div>${bodies}<div class="stage" hidden></div></section>\n`;
}
