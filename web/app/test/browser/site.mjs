// Somebody else's web site, as those who embed a call have one.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves `pages` (path -> text, or a file's path in `folder`) on world.elsewhere. Its policy is strict too, but for the Parley server. */
export async function openSite(world, pages, folder = null) {
  const policy = `default-src 'none'; script-src 'self' ${world.origin}; connect-src ${world.origin} ${world.origin.replace('http', 'ws')}; `
    + "media-src 'self' blob: mediastream:; style-src 'self'; img-src data:";
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, world.elsewhere).pathname;
    try {
      const body = pages[name] ?? (folder ? await readFile(path.join(folder, path.normalize(name))) : null);
      if (body === null) throw new Error('unknown');
      response.writeHead(200, { 'Content-Type': `${types[path.extname(name)] ?? 'text/html'}; charset=utf-8`, 'Content-Security-Policy': policy });
      response.end(body);
    } catch {
      response.writeHead(name === '/favicon.ico' ? 204 : 404);
      response.end();
    }
  }).listen(world.elsewherePort, '127.0.0.1');
  await once(server, 'listening');
  return {
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function html(body) {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Elsewhere</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`;
}
