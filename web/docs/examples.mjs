// Bundles the examples, each into a folder of its own with its page, against the npm package: the one
// that is built in sdk/dist, or a packed one that is installed below a folder.
import { cp, mkdir, readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { compileScript, parse } from 'vue/compiler-sfc';

const here = fileURLToPath(new URL('../examples/', import.meta.url));

/** Every folder with a page. */
export async function exampleNames() {
  const entries = await readdir(here, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && existsSync(path.join(here, entry.name, 'index.html'))).map(({ name }) => name).sort();
}

export async function exampleFiles(name) {
  return (await readdir(path.join(here, name))).filter((file) => !file.endsWith('.d.ts'));
}

export const readExample = (name, file) => readFile(path.join(here, name, file), 'utf8');

export async function buildExamples(folder, { packed, names } = {}) {
  const wanted = names ?? await exampleNames();
  await mkdir(folder, { recursive: true });
  const entryPoints = await Promise.all(wanted.map(async (name) => {
    const main = (await exampleFiles(name)).find((file) => file.startsWith('main.'));
    return { in: path.join(here, name, main), out: `${name}/main` };
  }));
  await esbuild.build({
    entryPoints, outdir: folder, bundle: true, minify: true, format: 'esm', splitting: true, chunkNames: 'shared-[hash]', target: 'es2022',
    jsx: 'automatic', logLevel: 'warning', legalComments: 'none', tsconfigRaw: { compilerOptions: { jsx: 'react-jsx' } },
    define: {
      'process.env.NODE_ENV': '"production"', __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    plugins: [vuePlugin, ...(packed ? [packedPlugin(packed)] : [])],
  });
  await cp(path.join(here, 'style.css'), path.join(folder, 'style.css'));
  // Where the SDK looks for it: beside the script that it is part of.
  if (wanted.includes('files')) await cp(path.join(here, '../sdk/dist/files-worker.js'), path.join(folder, 'files/files-worker.js'));
  for (const name of wanted) {
    for (const file of await exampleFiles(name)) {
      if (/\.(html|css)$/.test(file)) await cp(path.join(here, name, file), path.join(folder, name, file));
    }
  }
}

/** What the compiler makes of the script and the template of a .vue file: TypeScript. */
export function compileVue(source, filename) {
  const { descriptor, errors } = parse(source, { filename });
  if (errors.length > 0) throw errors[0];
  return compileScript(descriptor, { id: path.basename(filename), inlineTemplate: true, templateOptions: { compilerOptions: { mode: 'module' } } }).content;
}

const vuePlugin = {
  name: 'vue',
  setup(build) {
    build.onLoad({ filter: /\.vue$/ }, async ({ path: file }) => ({ contents: compileVue(await readFile(file, 'utf8'), file), loader: 'ts' }));
  },
};

/** The SDK comes from the package, as it is for those who install it; the frameworks from here. */
function packedPlugin(packed) {
  return {
    name: 'packed',
    setup(build) {
      build.onResolve({ filter: /^@parley\/client(\/|$)/ }, ({ path: name, pluginData }) => {
        if (pluginData === packedPlugin) return null;
        return build.resolve(name, { kind: 'import-statement', resolveDir: packed, pluginData: packedPlugin });
      });
    },
  };
}
