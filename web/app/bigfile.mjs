// A large file from browser to browser against the real server: the receiver's page is loaded again after a quarter, the
// server restarted after half, the sender's page loaded again after three quarters. It has to arrive whole, and no tab may
// grow by more than 200 MB meanwhile: the proportional set size of the browser's content processes, read five
// times a second, less what it was before.
//
//   node web/app/bigfile.mjs [--bytes=2147483648] [--browser=chromium,firefox]     from,to: default chromium,chromium
//
// PARLEY_BINARY names a built binary; else one is built.
import { transfer } from './test/browser/files/transfer.mjs';
import { World } from './test/browser/world.mjs';

const GROWTH_BYTES_MAX = 200e6;
const option = (name, otherwise) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise;
const bytes = Number(option('bytes', 2 ** 31));
const [from, to = from] = option('browser', 'chromium').split(',');

const world = await World.create();
let doing = '';
try {
  const open = async (who, { kind }) => {
    const page = await (await world.open(kind, { person: undefined })).newPage();
    page.on('pageerror', (error) => console.error(`${who}: ${error.stack ?? error}`));
    return page;
  };
  const step = (what) => {
    doing = what;
    console.log(`${new Date().toISOString().slice(11, 19)} ${what}`);
  };
  const { seconds, memory } = await transfer({ world, open, step, bytes, from, to, limitMs: 500_000 });
  const grew = Object.entries(memory).map(([who, growth]) => `${who} +${growth === null ? '?' : (growth / 1e6).toFixed(0)} MB`).join(', ');
  console.log(`${from} to ${to}: ${bytes} bytes in ${seconds.toFixed(1)} s with two reloads and a restart, the same SHA-256; tabs at their largest: ${grew}`);
  if (Object.values(memory).some((growth) => growth !== null && growth > GROWTH_BYTES_MAX)) throw new Error('a tab grew by more than 200 MB');
} catch (error) {
  console.error(`${doing}: ${error.stack ?? error}`);
  process.exitCode = 1;
} finally {
  await world.close();
}
