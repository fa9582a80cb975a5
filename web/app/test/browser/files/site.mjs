// Serves the bare page of files, under the same policy as the app.
import { createServer } from 'node:http';
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const web = fileURLToPath(new URL('../../../../', import.meta.url));

const policy = "default-src 'none'; script-src 'self'; connect-src *; worker-src 'self'; img-src data:";

/** `origin` has to be allowed by the server. Without a port it is a free one. */
export async function servePage(port = 0) {
  const build = async (entry, format) => (await esbuild.build({
    absWorkingDir: web, entryPoints: [entry], bundle: true, minify: true, write: false, format, target: 'es2022',
    alias: { '@parley/client': path.join(web, 'sdk/src/index.ts'), '@parley/client/files': path.join(web, 'sdk/src/files/index.ts') },
  })).outputFiles[0].text;
  const files = {
    '/': ['text/html', '<!doctype html><html lang="en"><meta charset="utf-8"><title>Files</title><link rel="icon" href="data:,"><input id="files" type="file" multiple><script type="module" src="/page.js"></script></html>'],
    '/page.js': ['text/javascript', await build('app/test/browser/files/page.ts', 'esm')],
    '/worker.js': ['text/javascript', await build('sdk/src/files/worker.ts', 'iife')],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? [];
    response.writeHead(body ? 200 : 404, { 'content-type': `${type ?? 'text/plain'}; charset=utf-8`, 'content-security-policy': policy });
    response.end(body ?? '');
  });
  await new Promise((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return { origin: `http://localhost:${server.address().port}`, close: () => server.close() };
}

/** Writes a file whose content says where it is, and returns its SHA-256. */
export async function makeFile(name, bytes) {
  const block = Buffer.alloc(1 << 20);
  const hash = createHash('sha256');
  const file = await open(name, 'w');
  for (let at = 0; at < bytes; at += block.length) {
    let state = at / block.length + 1;
    for (let i = 0; i < block.length; i += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      block.writeInt32LE(state, i);
    }
    const part = block.subarray(0, Math.min(block.length, bytes - at));
    hash.update(part);
    await file.write(part);
  }
  await file.close();
  return hash.digest('hex');
}
