// Puts the documentation and its running examples into the app's built files, below docs/.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { readAPI } from './api.mjs';
import { buildExamples } from './examples.mjs';
import { buildSite } from './site.mjs';

const here = fileURLToPath(new URL('./', import.meta.url));
const types = fileURLToPath(new URL('../sdk/dist', import.meta.url));

/** After the SDK: its declarations and its package are what is shown. `icon` is the address of the icon. */
export async function buildDocs(staging, { icon, target }) {
  const assets = path.join(staging, 'assets');
  const { metafile } = await esbuild.build({
    entryPoints: [path.join(here, 'client/docs.ts'), path.join(here, 'docs.css')], outdir: assets, entryNames: '[name]-[hash]',
    bundle: true, minify: true, format: 'esm', target, metafile: true, logLevel: 'warning', plugins: [themePlugin], absWorkingDir: here,
  });
  const made = (extension) => `/assets/${path.basename(Object.keys(metafile.outputs).find((file) => file.endsWith(extension)))}`;
  // The index names what is found, not itself, so its own address can be taken from a first round.
  const api = readAPI(types);
  const { index } = await buildSite(api, {});
  const json = JSON.stringify(index);
  const name = `docs-search-${createHash('sha256').update(json).digest('hex').slice(0, 8).toUpperCase()}.json`;
  await writeFile(path.join(assets, name), json);
  const { pages } = await buildSite(api, { css: made('.css'), js: made('.js'), icon, index: `/assets/${name}` });
  for (const [address, html] of pages) {
    const folder = path.join(staging, address);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'index.html'), html);
  }
  await buildExamples(path.join(staging, 'docs/run'));
}

/** The app sets its theme by an attribute; these pages follow the system, and work without a script. */
const themePlugin = {
  name: 'theme',
  setup(build) {
    build.onLoad({ filter: /tokens\.css$/ }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      return { contents: text.replace(/:root\[data-theme="dark"\] (\{[^}]*\})/, '@media (prefers-color-scheme: dark) { :root $1 }'), loader: 'css' };
    });
  },
};
