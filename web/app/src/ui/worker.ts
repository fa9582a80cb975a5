/** Put in by build.mjs: each worker.ts but the service worker's, by its path below src/ -> its address; the SDK's, by their path below web/. */
declare const WORKERS: Readonly<Record<string, string>>;

/** Starts a worker, named like 'internals/worker.ts'. */
export function openWorker(name: string): Worker {
  return new Worker(workerAddress(name));
}

/** For the SDK, which starts its workers itself: 'sdk/src/files/worker.ts'. */
export function workerAddress(name: string): string {
  const address = WORKERS[name];
  if (!address) throw new Error(`there is no worker ${name}`);
  return address;
}
