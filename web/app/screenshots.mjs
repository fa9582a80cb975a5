// Brings every page and state of the app about in real browsers against the real server, looks at
// each with axe, and takes its picture.
//
//   node web/app/screenshots.mjs            pictures into docs/screenshots
//   node web/app/screenshots.mjs --check    no pictures, the checks alone
//   ... --only=callStates,relayedCall       some of the groups in test/browser/scenes.mjs
//
// Fails when axe finds a violation, or a page writes an error or a warning to its console.
// PARLEY_BINARY names a built binary; else one is built.
import { fileURLToPath } from 'node:url';
import { Look } from './test/browser/look.mjs';
import * as scenes from './test/browser/scenes.mjs';
import { World } from './test/browser/world.mjs';

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length).split(',');
const directory = process.argv.includes('--check') ? null : fileURLToPath(new URL('../../docs/screenshots', import.meta.url));
const order = ['pagesWithoutDevices', 'prejoinStates', 'callStates', 'relayedCall', 'serverTroubles'];

const world = await World.create();
const look = new Look(directory);
try {
  for (const name of order.filter((group) => !only || only.includes(group))) await scenes[name](world, look);
} catch (error) {
  look.complaints.push(error.stack);
} finally {
  await world.close();
}
for (const complaint of look.complaints) console.error(complaint);
console.log(`${look.count} views, ${look.complaints.length} complaints`);
process.exitCode = look.complaints.length > 0 ? 1 : 0;
