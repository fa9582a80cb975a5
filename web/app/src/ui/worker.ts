/** Put in by build.mjs: each worker.ts but the service worker's, by its path below src/ -> its address. */
declare const WORKERS: Readonly<Record<string, string>>;

/** Starts a worker, named like 'internals/worker.ts'. */
export function openWorker(name: string): Worker {
  const address = WORKERS[name];
  if (!address) throw new Error(`there is no worker ${name}`);
  return new Worker(address);
}
