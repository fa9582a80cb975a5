import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-api';
import { readAPI } from '../api.mjs';
import { colour } from '../colour.mjs';
import { compileVue, exampleFiles, exampleNames, readExample } from '../examples.mjs';
import { markdown } from '../markdown.mjs';
import { buildSite, guides } from '../site.mjs';
import { emitTypes } from '../types.mjs';

const web = fileURLToPath(new URL('../../', import.meta.url));
const assets = { css: '/assets/docs.css', js: '/assets/docs.js', icon: '/assets/icon.svg', index: '/assets/index.json' };

describe('the site', () => {
  let site;
  before(async () => {
    site = await buildSite(readAPI(await emitTypes(path.join(web, 'build/site-types'))), assets);
  });

  test('no link and no result of the search leads nowhere', () => {
    const ids = new Map([...site.pages].map(([address, html]) => [address, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]));
    const dead = [];
    const follow = (from, href) => {
      const [page, id] = href.split('#');
      const target = ids.get(page === '' ? from : page);
      if (!target || (id && !target.has(id))) dead.push(`${from} -> ${href}`);
    };
    for (const [address, html] of site.pages) {
      for (const [, href] of html.matchAll(/<a [^>]*href="([^"]+)"/g)) if (href !== '/') follow(address, href);
    }
    for (const { a } of site.index) follow('the search', a);
    assert.deepEqual(dead, []);
  });

  test('pages take nothing from elsewhere and nothing inline', () => {
    for (const [address, html] of site.pages) {
      const loaded = [...html.matchAll(/<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="([^"]+)"/g)].map(([, url]) => url);
      assert.deepEqual(loaded.filter((url) => !Object.values(assets).includes(url)), [], address);
      assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\sstyle="|\son\w+="/, address);
    }
  });

  test('every id is there once', () => {
    for (const [address, html] of site.pages) {
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      assert.deepEqual(ids.filter((id, n) => ids.indexOf(id) !== n), [], address);
    }
  });

  test('the search knows every export and every guide', () => {
    for (const title of ['Call', 'Call.leave', 'FileShare', 'ParleyCallElement', 'Diagnostics', 'join', 'When the network fails']) {
      assert.ok(site.index.some(({ t }) => t === title), title);
    }
  });
});

describe('the code that is shown', () => {
  test('of the guides fits the types', async () => {
    const sources = new Map();
    for (const name of ['README', 'element', 'calls', 'devices', 'channels', 'files', 'statistics', 'errors', 'tokens']) {
      markdown(await readFile(path.join(guides, `${name}.md`), 'utf8'), {
        code: (text, language) => {
          if (language === 'ts' || language === 'js') sources.set(path.join(web, 'examples', `${name}-${sources.size}.${language}`), language === 'ts' ? withSurroundings(text) : text);
          return '';
        },
      });
    }
    assert.ok(sources.size > 20);
    assert.deepEqual(typeErrors(sources, ['node']), []);
  });

  test('of the Vue example fits the types, its templates too', async () => {
    const sources = new Map();
    for (const file of (await exampleFiles('vue')).filter((name) => name.endsWith('.vue'))) {
      const name = path.join(web, 'examples/vue', file);
      const source = await readExample('vue', file);
      const [, props = 'object'] = /defineProps<([^>]+)>/.exec(source) ?? [];
      // The compiler leaves the types of properties to other tools.
      sources.set(`${name}.ts`, compileVue(source, name).replace('__props: any', `__props: ${props}`));
    }
    assert.deepEqual(typeErrors(sources, []), []);
  });

  test('every example has a page and a script', async () => {
    for (const name of await exampleNames()) {
      const files = await exampleFiles(name);
      assert.ok(files.includes('index.html') && files.some((file) => file.startsWith('main.')), name);
    }
  });

  test('loses no character by its colours', () => {
    const code = 'const a = `x${1}`; // <b> & "c"\nfunction f<T>(x: T[]): void {}\n<App name="y" />';
    const plain = (html) => html.replaceAll(/<[^>]+>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    for (const language of ['ts', 'tsx', 'html', 'vue', 'css', 'sh', 'other']) assert.equal(plain(colour(code, language)), code, language);
  });
});

/** What a snippet of a guide takes as given. */
const given = {
  call: "import('@parley/client').Call", media: "import('@parley/client').LocalMedia", peer: "import('@parley/client').Peer", invite: 'string',
  share: "import('@parley/client/files').FileShare", element: "import('@parley/client/element').ParleyCallElement", video: 'HTMLVideoElement', file: 'File',
  show: "(peer: import('@parley/client').Peer) => void", label: "(peer: import('@parley/client').Peer) => void", hide: "(peer: import('@parley/client').Peer) => void",
  sendMore: '(peer: string) => void', tell: '(text: string) => void', askForPassword: '() => void',
};

function withSurroundings(text) {
  const declared = (name) => new RegExp(`\\b(?:const|let) (?:${name}\\b|\\{[^}]*\\b${name}\\b)`).test(text);
  const imports = ['join', 'newRoom', 'newRoomName', 'LocalMedia'].filter((name) => !new RegExp(`import .*\\b${name}\\b`).test(text));
  const files = text.includes("from '@parley/client/files'") ? '' : "import { FileShare } from '@parley/client/files'; ";
  const names = Object.entries(given).filter(([name]) => !declared(name)).map(([name, type]) => `declare const ${name}: ${type};`);
  return `import { ${imports.join(', ')} } from '@parley/client'; import type { ParleyCallEvents } from '@parley/client/element'; ${files}${names.join(' ')}\n${text}\n`;
}

function typeErrors(sources, types) {
  const entry = (file) => [path.join(web, 'sdk/src', file)];
  const options = {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    strict: true, noEmit: true, skipLibCheck: true, allowJs: true, checkJs: true, types, typeRoots: [path.join(web, 'node_modules/@types')],
    paths: {
      '@parley/client': entry('index.ts'), '@parley/client/element': entry('element/index.ts'), '@parley/client/files': entry('files/index.ts'),
      '@parley/client/diagnostics': entry('diagnostics.ts'),
    },
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile: read, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? read(name);
  host.getSourceFile = (name, ...rest) => (sources.has(name) ? ts.createSourceFile(name, sources.get(name), rest[0]) : getSourceFile(name, ...rest));
  const program = ts.createProgram([...sources.keys(), path.join(web, 'examples/vue/vue.d.ts')], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const where = file ? `${path.basename(file.fileName)}:${ts.getLineAndCharacterOfPosition(file, start).line + 1}` : '';
    return `${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
