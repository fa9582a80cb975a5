// The npm package as those have it who install it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sdk = fileURLToPath(new URL('../../../sdk/', import.meta.url));
let installed = null;

/** The folder in which `npm install` was run with what `npm pack` gives. */
export function installPacked(world) {
  installed ??= install(path.join(world.directory, 'packed'));
  return installed;
}

async function install(folder) {
  await mkdir(folder);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: sdk });
  const [{ filename, files }] = JSON.parse(stdout);
  const names = files.map(({ path: name }) => name);
  for (const name of ['dist/index.js', 'dist/index.d.ts', 'dist/element.js', 'dist/element/index.d.ts', 'README.md', 'api.md']) {
    assert.ok(names.includes(name), `the packed file lacks ${name}`);
  }
  await writeFile(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], { cwd: folder });
  const { dependencies } = JSON.parse(await readFile(path.join(folder, 'node_modules/@parley/client/package.json'), 'utf8'));
  assert.equal(dependencies, undefined, 'the package has dependencies');
  return folder;
}
