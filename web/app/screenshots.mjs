// Brings every page and state of the app about in real browsers against the real server, looks at
// each with axe, and takes its picture.
//
//   node web/app/screenshots.mjs            pictures into docs/screenshots
//   node web/app/screenshots.mjs --check    no pictures, the checks alone
//   ... --check --quick                     each state in one of its four variants, by turns
//   ... --lanes=2                       two groups at once, each lane a process with a server of its own; else one for four cores
//   ... --only=callStates,relayedCall       some of the groups: functions exported below test/browser/scenes
//
// Fails when axe finds a violation, or a page writes an error or a warning to its console.
// PARLEY_BINARY names a built binary; else one is built.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { inLanes, lanesDefault } from './test/browser/lanes.mjs';
import { Look } from './test/browser/look.mjs';
import { World } from './test/browser/world.mjs';

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length).split(',');
const directory = process.argv.includes('--check') ? null : fileURLToPath(new URL('../../docs/screenshots', import.meta.url));
const folder = new URL('./test/browser/scenes/', import.meta.url);
const scenes = {};
for (const file of (await readdir(folder)).sort()) Object.assign(scenes, await import(new URL(file, folder)));

const jobs = Object.keys(scenes).filter((name) => !only || only.includes(name));
const lanes = Number(process.argv.find((argument) => argument.startsWith('--lanes='))?.split('=')[1] ?? lanesDefault);

const failed = await inLanes(import.meta.url, lanes, jobs, work);
if (failed > 0) process.exitCode = 1;

async function work(next) {
  let world = await World.create();
  const look = new Look(directory, { all: !process.argv.includes('--quick') });
  try {
    for (let name = await next(); name; name = await next()) {
      const scene = scenes[name];
      await scene(world, look).catch(async (error) => {
        // A busy machine is late now and then: it is played once more, with nothing left of the first time.
        console.error(`${name} is played again: ${error.stack}`);
        await world.close();
        world = await World.create();
        await scene(world, look);
      });
    }
  } catch (error) {
    look.complaints.push(error.stack);
  } finally {
    await world.close();
  }
  for (const complaint of look.complaints) console.error(complaint);
  console.log(`${look.count} views, ${look.complaints.length} complaints`);
  if (look.complaints.length > 0) process.exitCode = 1;
}
