// How much the tabs of a browser grow: proportional set size of all its content processes, read from /proc.
import { readFileSync, readdirSync } from 'node:fs';

const EVERY_MS = 200;

/** Begins to watch; stop() tells the growth at its worst, in bytes, or null where there is no /proc. */
export function watchMemory(browser) {
  const pid = browser.process()?.pid;
  const began = measure(pid);
  let worst = began;
  const timer = setInterval(() => { worst = Math.max(worst ?? 0, measure(pid) ?? 0); }, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return began === null ? null : worst - began;
    },
  };
}

function measure(root) {
  try {
    return contentProcesses(root).reduce((sum, pid) => sum + pss(pid), 0);
  } catch {
    return null;
  }
}

/** Chromium's renderers, and Firefox's processes for tabs: not those for the network, the disk or the screen. */
function contentProcesses(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      parents.set(Number(name), Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]));
    } catch { /* it has just ended */ }
  }
  const below = (pid) => {
    for (let at = pid; at; at = parents.get(at)) if (at === root) return true;
    return false;
  };
  return [...parents.keys()].filter((pid) => below(pid) && isContent(pid));
}

function isContent(pid) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
    return /--type=renderer/.test(words) || (/-contentproc/.test(words) && /\btab\b/.test(words));
  } catch {
    return false;
  }
}

function pss(pid) {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
