// Jobs in several processes at once, which each take the next one when they are done with theirs: most of a journey is waiting.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** A call of two browsers keeps two cores busy, and is late where it gets less. */
export const lanesDefault = Math.max(1, Math.floor(availableParallelism() / 4));

/**
 * Hands out `jobs` (anything that JSON can tell): here, or to `lanes` processes of the script at `url`, which has to call this
 * too. `work(next)` is called once in each that works; `await next()` is a job, or undefined when none is left.
 * Resolves with how many of the processes failed.
 */
export async function inLanes(url, lanes, jobs, work) {
  if (process.send) {
    await work(askForJob);
    if (process.connected) process.disconnect();
    return 0;
  }
  if (lanes === 1) {
    await work(() => jobs.shift());
    return 0;
  }
  const codes = await Promise.all(Array.from({ length: lanes }, async () => {
    const child = fork(new URL(url), process.argv.slice(2));
    child.on('message', () => child.send({ job: jobs.shift() }));
    const [code] = await once(child, 'exit');
    return code;
  }));
  return codes.filter((code) => code !== 0).length;
}

/** In a lane: the whole is told by the process that handed out. */
export const isLane = process.send !== undefined;

async function askForJob() {
  const answer = once(process, 'message');
  process.send('next');
  const [{ job }] = await answer;
  return job;
}
