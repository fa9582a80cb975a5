/**
 * The service worker: the app starts without a network, and takes what a phone shares with it.
 *
 * Pages come from the network when it answers, from the shell when it does not. What lies below /assets/
 * carries a hash of its content in its name, so once cached it is right for ever. Nothing else is kept:
 * neither the API nor the SDK, nor anything of another origin.
 */
/// <reference lib="webworker" />
import { sharedFilesKey, shellCache, shelfCache } from './names.js';

/** Put in by build.mjs: what the first load of a page needs, and a hash over it. */
declare const SHELL: { readonly version: string; readonly files: readonly string[] };
declare const self: ServiceWorkerGlobalScope;

const cacheName = `${shellCache}-${SHELL.version}`;
/** A network that has not answered a page by then is taken for none. */
const pageTimeoutMs = 4_000;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll([...SHELL.files])));
});

// A new version waits until the pages of the old one are closed: a call that goes on for hours keeps its code.
self.addEventListener('activate', (event) => {
  event.waitUntil(removeOld().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === 'POST' && url.pathname === '/share') event.respondWith(takeShared(request));
  else if (request.method !== 'GET') return;
  else if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(asset(request));
});

async function removeOld(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(`${shellCache}-`) && name !== cacheName).map((name) => caches.delete(name)));
}

async function page(request: Request): Promise<Response> {
  const shell = async (): Promise<Response> => (await caches.match('/', { cacheName })) ?? Response.error();
  const late = new Promise<Response>((resolve) => {
    setTimeout(() => void shell().then(resolve), pageTimeoutMs);
  });
  try {
    return await Promise.race([fetch(request), late]);
  } catch {
    return shell();
  }
}

async function asset(request: Request): Promise<Response> {
  const known = await caches.match(request);
  if (known) return known;
  const response = await fetch(request).catch(() => Response.error());
  if (response.status === 200) {
    const cache = await caches.open(cacheName);
    // A full disk is no reason for no answer.
    await cache.put(request, response.clone()).catch(() => undefined);
  }
  return response;
}

/** Puts files that were shared with the app aside, for the page that opens now. */
async function takeShared(request: Request): Promise<Response> {
  try {
    const form = await request.formData();
    const files = form.getAll('files').filter((entry): entry is File => entry instanceof File);
    const cache = await caches.open(shelfCache);
    for (const [index, file] of files.entries()) {
      await cache.put(`${sharedFilesKey}${index}`, new Response(file, { headers: { 'x-name': encodeURIComponent(file.name), 'content-type': file.type } }));
    }
    return Response.redirect('/?shared', 303);
  } catch {
    return Response.redirect('/', 303);
  }
}
