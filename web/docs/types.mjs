// The declaration files of the SDK, as they go into the npm package.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const web = fileURLToPath(new URL('../', import.meta.url));

/** Writes them into `folder`, beside what is there. */
export async function emitTypes(folder) {
  const compiler = path.join(web, 'node_modules/typescript/bin/tsc');
  const options = ['--declaration', '--emitDeclarationOnly', '--outDir', folder];
  await promisify(execFile)(process.execPath, [compiler, '-p', path.join(web, 'sdk'), ...options])
    .catch((error) => { throw new Error(`${error.stdout}${error.stderr}`); });
  return folder;
}

/** Those of the sources as they are now, in a folder of their own. */
export async function freshTypes() {
  const folder = path.join(web, 'build/types');
  await rm(folder, { recursive: true, force: true });
  return emitTypes(folder);
}
