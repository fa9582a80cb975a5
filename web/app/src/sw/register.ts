/** The page's side of the service worker. */
import { sharedFilesKey, shelfCache } from './names.js';

/** Makes the app start without a network, once the page has had its first paint. Where it cannot be, it is not. */
export function registerWorker(): void {
  if (!('serviceWorker' in navigator)) return;
  addEventListener('load', () => void navigator.serviceWorker.register('/sw.js').catch(() => undefined));
}

/** Files that another app has shared with this one; they are handed out once. */
export async function takeSharedFiles(): Promise<File[]> {
  if (!('caches' in globalThis)) return [];
  const cache = await caches.open(shelfCache);
  const requests = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith(sharedFilesKey));
  const files = await Promise.all(requests.map(async (request) => {
    const response = await cache.match(request);
    if (!response) return [];
    const name = decodeURIComponent(response.headers.get('x-name') ?? 'file');
    return [new File([await response.blob()], name, { type: response.headers.get('content-type') ?? '' })];
  }));
  await Promise.all(requests.map((request) => cache.delete(request)));
  return files.flat();
}
