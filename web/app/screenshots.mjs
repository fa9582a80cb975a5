// Brings every page and state of the app about in real browsers against the real server, looks at
// each with axe, and takes its picture.
//
//   node web/app/screenshots.mjs            pictures into docs/screenshots
//   node web/app/screenshots.mjs --check    no pictures, the checks alone
//   ... --check --quick                     each state in one of its four variants, by turns
//   ... --only=callStates,relayedCall       some of the groups: functions exported below test/browser/scenes
//
// Fails when axe finds a violation, or a page writes an error or a warning to its console.
// PARLEY_BINARY names a built binary; else one is built.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Look } from './test/browser/look.mjs';
import { World } from './test/browser/world.mjs';

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length).split(',');
const directory = process.argv.includes('--check') ? null : fileURLToPath(new URL('../../docs/screenshots', import.meta.url));
const folder = new URL('./test/browser/scenes/', import.meta.url);
const scenes = {};
for (const file of (await readdir(folder)).sort()) Object.assign(scenes, await import(new URL(file, folder)));

let world = await World.create();
const look = new Look(directory, { all: !process.argv.includes('--quick') });
try {
  for (const [name, scene] of Object.entries(scenes)) {
    if (only && !only.includes(name)) continue;
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
process.exitCode = look.complaints.length > 0 ? 1 : 0;
