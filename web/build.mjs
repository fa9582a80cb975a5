// Builds the web app and the SDK.
//
//   node build.mjs            app into app/dist, SDK into sdk/dist; fails when a size budget is exceeded
//   node build.mjs --tests    sdk/test and app/test into build/test, for `node --test`
//   node build.mjs --watch    the app again at each change, without budgets
//
// app/dist is laid out as the server serves it: index.html for every page, and
// everything else below assets/ under names that carry a hash of the content,
// so that it can be cached for ever. Each text file has a .gz beside it.

import { createHash } from 'node:crypto';
import { existsSync, watch } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import esbuild from 'esbuild';
import { buildDocs } from './docs/build.mjs';
import { emitTypes } from './docs/types.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const at = (...parts) => path.join(root, ...parts);
const dist = at('app/dist');

/** The network that finds people in a picture: of its package the model alone is used. */
const selfieModel = 'node_modules/@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite';

/** Gzip bytes. */
const budgets = { app: 80 * 1024, sdk: 20 * 1024, files: 12 * 1024, served: 28 * 1024 };

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome94', 'firefox100', 'safari15.4'],
  alias: { '@parley/client': at('sdk/src/index.ts'), '@parley/client/diagnostics': at('sdk/src/diagnostics.ts'), '@parley/client/files': at('sdk/src/files/index.ts') },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/** `withDocs`: needs the built SDK. */
async function buildApp({ withDocs = false } = {}) {
  const staging = `${dist}.next`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(path.join(staging, 'assets'), { recursive: true });
  const files = await copyStatic(staging);
  const model = await copyHashed(staging, 'selfie.tflite', await readFile(at(selfieModel)));
  const outdir = path.join(staging, 'assets');
  const names = { entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', assetNames: '[name]-[hash]' };

  const css = await esbuild.build({
    ...common, ...names, outdir, entryPoints: ['app/src/styles/app.css', ...await lazyStyles()],
  });
  const boot = await esbuild.build({
    ...common, ...names, outdir, entryPoints: ['app/src/boot.ts'], format: 'iife', target: 'es5',
    tsconfigRaw: {}, // "strict" of the real one would add "use strict" and nothing else
  });
  const workers = await esbuild.build({
    ...common, ...names, outdir, entryPoints: await workerSources(), format: 'iife', sourcemap: 'linked', sourcesContent: true,
  });
  const styles = outputs(css);
  const js = await esbuild.build({
    ...common, ...names, outdir, entryPoints: ['app/src/main.ts'], splitting: true, sourcemap: 'linked', sourcesContent: true,
    plugins: [rawPlugin],
    define: {
      LAZY_CSS: JSON.stringify(Object.fromEntries(Object.entries(styles)
        .map(([source, file]) => [source.replace('app/src/', ''), `/assets/${file}`]).filter(([source]) => !source.startsWith('styles/')))),
      SELFIE_MODEL: JSON.stringify(`/assets/${model}`),
      WORKERS: JSON.stringify(Object.fromEntries(Object.entries(outputs(workers))
        .map(([source, file]) => [source.replace('app/src/', ''), `/assets/${file}`]))),
    },
  });
  const scripts = outputs(js);
  const main = scripts['app/src/main.ts'];
  const preload = staticImports(js.metafile, main);
  await writeIndex(staging, {
    ...files, BOOT: outputs(boot)['app/src/boot.ts'], CSS: styles['app/src/styles/app.css'], MAIN: main,
    PRELOAD: preload.map((file) => `<link rel="modulepreload" href="/assets/${file}">`).join('\n  '),
  });
  const first = [outputs(boot)['app/src/boot.ts'], styles['app/src/styles/app.css'], main, ...preload].map((f) => `assets/${f}`);
  const call = scripts['app/src/features/index.ts'];
  await buildServed(staging);
  const ofCall = [call, ...staticImports(js.metafile, call), ...Object.keys(styles).filter((source) => source.startsWith('app/src/features/')).map((source) => styles[source])];
  await buildServiceWorker(staging, [...new Set([...first, ...ofCall.map((f) => `assets/${f}`)])]);
  if (withDocs) await buildDocs(staging, { icon: `/assets/${files['icon.svg']}`, target: common.target });
  await precompress(staging);
  await replaceDist(staging);
  return firstLoad(['index.html', ...first], scripts);
}

/** The SDK as pages elsewhere load it from this server. */
async function buildServed(staging) {
  await esbuild.build({ ...common, entryPoints: ['sdk/src/served.ts'], outfile: path.join(staging, 'sdk.js') });
}

/** It is not one of the assets: its address must stay the same, and at the root to serve all pages. `files` are what a call needs. */
async function buildServiceWorker(staging, files) {
  const index = await readFile(path.join(staging, 'index.html'));
  const version = createHash('sha256').update(index).digest('hex').slice(0, 12);
  await esbuild.build({
    ...common, entryPoints: ['app/src/sw/worker.ts'], outfile: path.join(staging, 'sw.js'),
    define: { SHELL: JSON.stringify({ version, files: ['/', ...files.map((file) => `/${file}`)] }) },
  });
}

/** Style sheets beside what is loaded on demand: each is a file of its own, but those of the features, which features.css gathers. */
async function lazyStyles() {
  const files = await readdir(at('app/src'), { recursive: true });
  return files.filter((name) => name.endsWith('.css') && !/^(styles|features\/.+)\//.test(name)).map((name) => `app/src/${name}`).sort();
}

/** Each worker.ts, and the one of the SDK, is a file of its own, but for the service worker, which has its own place. */
async function workerSources() {
  const files = await readdir(at('app/src'), { recursive: true });
  const own = files.filter((name) => /(^|\/)worker\.ts$/.test(name) && !name.startsWith('sw/')).map((name) => `app/src/${name}`);
  return [...own, 'sdk/src/files/worker.ts'].sort();
}

/** Entry point or source of a dynamic import -> file name of what was made of it. */
function outputs({ metafile }) {
  const result = {};
  for (const [file, info] of Object.entries(metafile.outputs)) {
    if (info.entryPoint) result[info.entryPoint] = path.basename(file);
  }
  return result;
}

function staticImports(metafile, main) {
  const byName = new Map(Object.entries(metafile.outputs).map(([file, info]) => [path.basename(file), info]));
  const seen = new Set();
  const visit = (name) => {
    for (const dependency of byName.get(name)?.imports ?? []) {
      const file = path.basename(dependency.path);
      if (dependency.kind === 'import-statement' && !seen.has(file)) {
        seen.add(file);
        visit(file);
      }
    }
  };
  visit(main);
  return [...seen];
}

async function copyStatic(staging) {
  const names = {};
  const directory = at('app/static');
  const hashed = (name, content) => copyHashed(staging, name, content);
  const entries = (await readdir(directory)).sort();
  for (const name of entries.filter((n) => !/\.(webmanifest|html)$/.test(n))) {
    names[name] = await hashed(name, await readFile(path.join(directory, name)));
  }
  for (const name of entries.filter((n) => n.endsWith('.webmanifest'))) {
    const text = await readFile(path.join(directory, name), 'utf8');
    names[name] = await hashed(name, fill(text, names));
  }
  return names;
}

/** Into assets/, under a name with a hash of the content. */
async function copyHashed(staging, name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase();
  const { name: stem, ext } = path.parse(name);
  await writeFile(path.join(staging, 'assets', `${stem}-${hash}${ext}`), content);
  return `${stem}-${hash}${ext}`;
}

/** Puts values in for each %KEY%. A key without a value is a mistake in the template. */
function fill(text, values) {
  return text.replaceAll(/%([A-Za-z0-9._-]+)%/g, (_, key) => {
    if (!(key in values)) throw new Error(`no value for %${key}%`);
    return values[key];
  });
}

async function writeIndex(staging, values) {
  const html = await readFile(at('app/static/index.html'), 'utf8');
  await writeFile(path.join(staging, 'index.html'), fill(html, values));
}

async function precompress(directory) {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(html|js|css|svg|webmanifest|map|json)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
  }
}

/** Swaps the files only when all are there, so that a running server never embeds a half build. */
async function replaceDist(staging) {
  await mkdir(dist, { recursive: true });
  for (const name of await readdir(dist)) {
    if (name !== '.gitkeep') await rm(path.join(dist, name), { recursive: true, force: true });
  }
  await cp(staging, dist, { recursive: true });
  await rm(staging, { recursive: true, force: true });
}

/** What the first visit to a room costs: all but what is loaded on demand, in the larger of the languages. */
async function firstLoad(files, scripts) {
  const gzip = async (file) => (await readFile(path.join(dist, `${file}.gz`))).length;
  const sizes = {};
  for (const file of files) sizes[file] = await gzip(file);
  let locale = ['', 0];
  for (const [source, file] of Object.entries(scripts)) {
    if (!source.startsWith('app/src/i18n/texts/')) continue;
    const size = await gzip(`assets/${file}`);
    if (size > locale[1]) locale = [`assets/${file}`, size];
  }
  if (locale[1] > 0) sizes[locale[0]] = locale[1];
  return sizes;
}

/** `import text from './file.ts?raw'` is the text of the file. */
const rawPlugin = {
  name: 'raw',
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, ({ path: name, resolveDir }) => ({ path: path.join(resolveDir, name.slice(0, -'?raw'.length)), namespace: 'raw' }));
    build.onLoad({ filter: /./, namespace: 'raw' }, async ({ path: file }) => ({ contents: await readFile(file), loader: 'text', watchFiles: [file] }));
  },
};

/** The npm package: one module per entry point, and what they share as chunks. Returns what each costs beside the core. */
async function buildSDK() {
  await rm(at('sdk/dist'), { recursive: true, force: true });
  const { metafile } = await esbuild.build({
    ...common, outdir: 'sdk/dist', splitting: true, chunkNames: 'chunk-[hash]', sourcemap: 'linked', sourcesContent: true,
    entryPoints: {
      index: 'sdk/src/index.ts', diagnostics: 'sdk/src/diagnostics.ts', element: 'sdk/src/element/index.ts', files: 'sdk/src/files/index.ts',
    },
  });
  await esbuild.build({ ...common, entryPoints: ['sdk/src/files/worker.ts'], outfile: 'sdk/dist/files-worker.js', format: 'iife' });
  await emitTypes(at('sdk/dist'));
  const gzip = async (files) => {
    const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(at('sdk/dist', file)), { level: 9 }).length));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  const core = ['index.js', ...staticImports(metafile, 'index.js')];
  const beside = (name) => [name, ...staticImports(metafile, name)].filter((file) => !core.includes(file));
  return { sdk: await gzip(core), files: await gzip(beside('files.js')) };
}

async function buildTests() {
  const out = at('build/test');
  await rm(out, { recursive: true, force: true });
  for (const part of ['sdk', 'app']) {
    const directory = at(part, 'test');
    if (!existsSync(directory)) continue;
    const entryPoints = (await readdir(directory)).filter((n) => n.endsWith('.test.ts')).map((n) => path.join(directory, n));
    if (entryPoints.length === 0) continue;
    await esbuild.build({
      ...common, entryPoints, outdir: path.join(out, part), minify: false, target: 'node20', platform: 'node',
      packages: 'external', sourcemap: 'inline',
      // An alias does not apply to what "packages: external" leaves out.
      plugins: [{
        name: 'client',
        setup: (build) => build.onResolve({ filter: /^@parley\/client(\/\w+)?$/ }, ({ path: name }) => ({ path: common.alias[name] })),
      }, dictionariesPlugin],
    });
  }
}

/** All texts of the app by folder and language, for the tests that hold them against each other. */
const dictionariesPlugin = {
  name: 'dictionaries',
  setup(build) {
    const filter = /^parley:dictionaries$/;
    build.onResolve({ filter }, ({ path: name }) => ({ path: name, namespace: 'dictionaries' }));
    build.onLoad({ filter, namespace: 'dictionaries' }, async () => {
      const source = at('app/src');
      const files = (await readdir(source, { recursive: true })).filter((name) => /(^|\/)texts\/\w+\.ts$/.test(name)).sort();
      const folders = new Map();
      for (const file of files) {
        const folder = path.dirname(file);
        const locale = path.basename(file, '.ts');
        folders.set(folder, [...(folders.get(folder) ?? []), `${locale}: m${files.indexOf(file)}.${locale === 'en' ? 'en' : 'texts'}`]);
      }
      const imports = files.map((file, n) => `import * as m${n} from ${JSON.stringify(path.join(source, file))};`);
      const entries = [...folders].map(([folder, languages]) => `${JSON.stringify(folder)}: { ${languages.join(', ')} }`);
      return { contents: `${imports.join('\n')}\nexport const dictionaries = { ${entries.join(', ')} };`, resolveDir: root };
    });
  },
};

async function buildAll() {
  const sdk = await buildSDK();
  const files = await buildApp({ withDocs: true });
  const sizes = {
    app: Object.values(files).reduce((sum, size) => sum + size, 0), ...sdk, served: (await readFile(path.join(dist, 'sdk.js.gz'))).length,
  };
  await mkdir(at('build'), { recursive: true });
  await writeFile(at('build/sizes.json'), `${JSON.stringify({ gzip_bytes: sizes, budgets_gzip_bytes: budgets, app_files: files }, null, 2)}\n`);
  const names = { app: 'app first load', sdk: 'SDK', files: 'its files', served: '/sdk.js' };
  console.log(Object.entries(sizes).map(([part, size]) => `${names[part]} ${(size / 1024).toFixed(1)} of ${budgets[part] / 1024} KB gzip`).join(', '));
  if (Object.entries(sizes).some(([part, size]) => size > budgets[part])) throw new Error('over the size budget, see web/build/sizes.json');
}

async function watchApp() {
  let timer;
  let running = Promise.resolve();
  const rebuild = () => {
    running = running.then(() => buildApp()).then(() => console.log('built'), (error) => console.error(error.message));
  };
  for (const directory of ['app/src', 'app/static', 'sdk/src']) {
    watch(at(directory), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(rebuild, 100);
    });
  }
  rebuild();
}

const job = process.argv.includes('--watch') ? watchApp : process.argv.includes('--tests') ? buildTests : buildAll;
job().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
