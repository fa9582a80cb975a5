// One file from browser to browser, while both pages are loaded again and the server is restarted.
import { stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../world.mjs';
import { makeFile, servePage } from './site.mjs';
import { watchMemory } from './memory.mjs';

const state = (page) => page.evaluate(() => window.page.state());

/** Opens the page and enters the room. */
export async function enter(page, site, world, room, name) {
  await page.goto(site.origin);
  await page.waitForFunction(() => window.page);
  await page.evaluate((url, who) => window.page.enter(url, who), `${world.origin}/r/${room}`, name);
}

/** Offers a file of the disk; resolves with what the other page has been offered. */
export async function offer(sender, receiver, file, bytes) {
  await choose(sender, file);
  return until('the file is offered', async () => (await state(receiver)).incoming
    .find((incoming) => incoming.name === path.basename(file) && incoming.bytes === bytes && incoming.state === 'offered'));
}

async function choose(page, file) {
  const input = await page.$('#files');
  await input.uploadFile(file);
}

export async function incomingOf(page, id) {
  return (await state(page)).incoming.find((incoming) => incoming.id === id);
}

async function reached(page, id, bytes, limitMs) {
  let seen;
  const enough = async () => {
    seen = await state(page);
    const incoming = seen.incoming.find((one) => one.id === id);
    if (incoming?.state === 'failed') throw new Error(`it failed: ${incoming.problem}`);
    return incoming && incoming.receivedBytes >= bytes && incoming;
  };
  return until(`${bytes} bytes are here`, enough, limitMs).catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(seen)}`); });
}

/** Resolves with { seconds, memory }: the growth of each tab at its worst, in bytes. Throws where anything is not as it should be. */
export async function transfer({ world, open, step, bytes, from, to, limitMs = 120_000 }) {
  const site = await servePage(world.elsewherePort);
  const file = path.join(world.directory, `big-${from}-${to}.bin`);
  try {
    step('a file is made');
    const hash = await makeFile(file, bytes);
    if ((await stat(file)).size !== bytes) throw new Error('the disk is full');
    const [sender, receiver] = [await open('sender', { kind: from, person: null }), await open('receiver', { kind: to, person: null })];
    const room = `big-${from}-${to}`;
    step('both enter');
    await enter(sender, site, world, room, 'sender');
    await enter(receiver, site, world, room, 'receiver');
    const memory = [watchMemory(sender.browser()), watchMemory(receiver.browser())];
    const beganMs = Date.now();
    step('the file is offered and accepted');
    const { id } = await offer(sender, receiver, file, bytes);
    await receiver.evaluate((transferID) => window.page.accept(transferID), id);
    step('the receiver loads its page again');
    const before = await reached(receiver, id, bytes / 4, limitMs);
    await enter(receiver, site, world, room, 'receiver');
    const after = await until('the transfer is known', () => incomingOf(receiver, id));
    if (after.receivedBytes < before.receivedBytes) throw new Error(`of ${before.receivedBytes} bytes ${after.receivedBytes} were kept`);
    step('the server is restarted');
    const { receivedBytes } = await reached(receiver, id, bytes / 2, limitMs);
    await world.stopServer();
    await reached(receiver, id, Math.min(bytes * 0.7, receivedBytes + (4 << 20)), limitMs); // it needs no server
    await world.startServer();
    step('the sender loads its page again and chooses the file again');
    await reached(receiver, id, bytes * 0.75, limitMs);
    await enter(sender, site, world, room, 'sender');
    await until('the offer is remembered', async () => (await state(sender)).outgoing.some((outgoing) => outgoing.id === id && outgoing.needsFile));
    await choose(sender, file);
    step('the file arrives');
    await reached(receiver, id, bytes, limitMs);
    await until('it is done', async () => (await incomingOf(receiver, id)).state === 'done');
    const seconds = (Date.now() - beganMs) / 1_000;
    await until('the sender knows', async () => (await state(sender)).outgoing.find((outgoing) => outgoing.id === id)
      .receivers.some((one) => one.state === 'done'));
    step('it is the same file');
    const got = await hashOf(receiver, id, limitMs);
    if (got !== hash) throw new Error(`the file is ${hash} here and ${got} there`);
    for (const page of [sender, receiver]) if ((await state(page)).dropped > 0) throw new Error(`${(await state(page)).dropped} messages were not to the protocol`);
    await receiver.evaluate((transferID) => window.page.remove(transferID), id);
    const [ofSender, ofReceiver] = memory.map((watch) => watch.stop());
    return { seconds, memory: { sender: ofSender, receiver: ofReceiver } };
  } finally {
    site.close();
    await unlink(file).catch(() => undefined);
  }
}

/** By polling: one call to a browser must not take as long as hashing does. */
async function hashOf(page, id, limitMs) {
  await page.evaluate((transferID) => {
    window.hashed = null;
    window.page.sha256(transferID).then((hash) => { window.hashed = hash; }, (error) => { window.hashed = String(error); });
  }, id);
  return until('the file is hashed', () => page.evaluate(() => window.hashed), limitMs);
}
