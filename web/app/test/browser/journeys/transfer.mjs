// A file goes from browser to browser over reloads and a restart of the server; a full disk is said; a folder is written to.
import path from 'node:path';
import { enter, incomingOf, offer, transfer } from '../files/transfer.mjs';
import { makeFile, servePage } from '../files/site.mjs';
import { until } from '../world.mjs';

const BYTES = 64 << 20;
const SMALL_BYTES = 3 << 20;
/** Of Chromium, when a server is away. */
const tolerate = /WebSocket|ERR_CONNECTION_REFUSED|can.t establish a connection/;

export default async function ({ world, kind, open, step }) {
  const tolerant = (who, options) => open(who, { ...options, tolerate });
  await transfer({ world, open: tolerant, step, bytes: BYTES, from: kind, to: kind });
  await places({ world, open: tolerant, step, kind });
}

/** Two files of one name into one picked folder, and one into a store that is too small. */
async function places({ world, open, step, kind }) {
  const site = await servePage(world.elsewherePort);
  try {
    const file = path.join(world.directory, 'small.bin');
    const hash = await makeFile(file, SMALL_BYTES);
    const [sender, receiver] = [await open('sender', { person: null }), await open('receiver', { person: null })];
    await enter(sender, site, world, `places-${kind}`, 'sender');
    await enter(receiver, site, world, `places-${kind}`, 'receiver');
    step('files are written into a folder');
    for (let n = 0; n < 2; n++) {
      const { id } = await offer(sender, receiver, file, SMALL_BYTES);
      await receiver.evaluate((transferID) => window.page.acceptToHandle(transferID), id);
      await until('it is done', async () => (await incomingOf(receiver, id)).state === 'done');
      const got = await receiver.evaluate((transferID) => window.page.sha256(transferID), id);
      if (got !== hash) throw new Error(`the file is ${hash} here and ${got} there`);
      await receiver.evaluate((transferID) => window.page.remove(transferID), id);
    }
    const names = await receiver.evaluate(() => window.page.folder());
    if (names.join() !== 'small (2).bin,small.bin') throw new Error(`in the folder are ${names}`);
    if (kind === 'chromium') await fullDisk({ site, file, sender, receiver, step });
  } finally {
    site.close();
  }
}

/** The quota shrinks in the middle, and grows again. */
async function fullDisk({ site, file, sender, receiver, step }) {
  step('the disk is full');
  const devtools = await receiver.createCDPSession();
  const quota = (bytes) => devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, ...(bytes === null ? {} : { quotaSize: bytes }) });
  await quota(1 << 20);
  const { id } = await offer(sender, receiver, file, SMALL_BYTES);
  await receiver.evaluate((transferID) => window.page.accept(transferID), id);
  await until('it is said', async () => (await incomingOf(receiver, id)).problem === 'no-space');
  step('there is room again');
  await quota(null);
  await receiver.evaluate((transferID) => window.page.accept(transferID), id);
  await until('it is done', async () => (await incomingOf(receiver, id)).state === 'done');
}
