// A scripted user does everything that the app can, in Chromium and in Firefox, against the real server.
//
//   node web/app/journeys.mjs                        all journeys, in both browsers
//   ... --browser=firefox --only=chat,files          some of them
//   ... --lanes=2                                    two at once, each lane a process with a server of its own; else one for four cores
//
// A journey is a file below test/browser/journeys that exports
//
//   export default async function ({ world, kind, open, step }) {...}
//
// A journey that fails is tried once more, since a busy machine is late now and then; the report tells of both tries.
//
// `kind` is the browser; `open(who, options)` gives a page of a new one, whose console is
// watched (`tolerate`: a pattern of what may be said there);
// `step(name)` says what is being done, for the report when it fails. It fails by throwing. An error or
// a warning on a page's console is a failure too.
// PARLEY_BINARY names a built binary; else one is built.
import { readdir } from 'node:fs/promises';
import { inLanes, isLane, lanesDefault } from './test/browser/lanes.mjs';
import { World } from './test/browser/world.mjs';

const option = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1].split(',');
const kinds = option('browser') ?? ['chromium', 'firefox'];
const only = option('only');
const folder = new URL('./test/browser/journeys/', import.meta.url);
const names = (await readdir(folder)).filter((name) => name.endsWith('.mjs')).map((name) => name.slice(0, -'.mjs'.length)).sort();

const jobs = names.filter((n) => !only || only.includes(n)).flatMap((name) => kinds.map((kind) => [name, kind]));

let failures = 0;
const failedLanes = await inLanes(import.meta.url, Number(option('lanes') ?? lanesDefault), jobs, work);
failures += failedLanes;
if (!isLane) console.log(failures === 0 ? 'all journeys made' : `${failures} journeys failed`);
process.exitCode = failures === 0 ? 0 : 1;

async function work(next) {
  const world = await World.create();
  try {
    for (let job = await next(); job; job = await next()) {
      const [name, kind] = job;
      const { default: journey } = await import(new URL(`${name}.mjs`, folder));
      if (await run(world, name, journey, kind)) continue;
      console.error(`     ${name} in ${kind} is tried again`);
      // What the first try left in its rooms is gone with the server.
      await world.stopServer();
      await world.startServer();
      if (!await run(world, name, journey, kind)) failures++;
    }
  } finally {
    await world.close();
  }
}

/** False where it failed, of which it tells. */
async function run(world, name, journey, kind) {
  const began = Date.now();
  const browsers = [];
  const complaints = [];
  const pages = [];
  let doing = 'beginning';
  const open = async (who, options = {}) => {
    const browser = await world.open(options.kind ?? kind, options);
    browsers.push(browser);
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => {
      if (!['error', 'warn', 'assert'].includes(message.type()) || options.tolerate?.test(message.text())) return;
      complaints.push(`${who}: console ${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => {
      if (!options.tolerate?.test(String(error))) complaints.push(`${who}: ${error.stack ?? error}`);
    });
    pages.push([who, page]);
    return page;
  };
  try {
    await journey({ world, kind, open, step: (what) => { doing = what; } });
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    console.log(`ok   ${name} in ${kind} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.error(`FAIL ${name} in ${kind}, ${doing}: ${error.stack ?? error}`);
    for (const complaint of complaints) console.error(`     ${complaint}`);
    for (const [who, page] of pages) {
      const file = `${process.env.PARLEY_FAILURES ?? world.directory}/${name}-${kind}-${who}.png`;
      await page.screenshot({ path: file }).then(() => console.error(`     ${who}: ${file}`), () => undefined);
    }
    return false;
  } finally {
    await Promise.allSettled(browsers.map((browser) => browser.close()));
  }
}
