// Files between a shell and a browser, in both directions, over a reload of the browser and a restart of the server.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFile } from '../files/site.mjs';
import { until } from '../world.mjs';

const bigBytes = 96 << 20;
const smallBytes = 5_000_000;
const tolerate = /WebSocket|ERR_CONNECTION_REFUSED|can.t establish a connection|interrupted while/;

export default async function ({ world, kind, open, step }) {
  const directory = path.join(world.directory, `cli-${kind}`);
  await mkdir(directory, { recursive: true });
  const [big, small] = [path.join(directory, 'harbour.bin'), path.join(directory, 'plan.pdf')];
  const [bigHash, smallHash] = [await makeFile(big, bigBytes), await makeFile(small, smallBytes)];
  const shells = [];
  const shell = (...words) => {
    const run = start(world.binary, words);
    shells.push(run);
    return run;
  };
  const enter = async (name, url) => {
    const page = await open(name, { person: null, tolerate });
    page.on('dialog', (dialog) => dialog.accept());
    await page.goto(`${url}?name=${name}&join`);
    await ready(page);
    return page;
  };
  try {
    step('a shell sends, and a browser opens the link');
    const sender = shell('send', big, small, '--server', world.origin, '--room', `cli-send-${kind}`, '--once');
    const link = await until('the link is shown', () => /https?:\S+\/r\/\S+/.exec(sender.text())?.[0]);
    const boris = await enter('Boris', link);
    await boris.waitForSelector('[data-file-state="offered"]');
    await boris.waitForFunction(() => document.querySelectorAll('.file-list li').length === 2);
    await click(boris, '[data-action="receive"]');
    step('the browser loads its page again, and goes on');
    await boris.waitForFunction(() => (document.querySelector('[data-file-state="receiving"] .file-progress')?.value ?? 0) > 12);
    await boris.reload();
    await ready(boris);
    await boris.waitForFunction(() => document.querySelectorAll('.file-card[data-file-state="done"]').length === 2);
    step('what came is what was sent');
    for (const [name, hash] of [['harbour.bin', bigHash], ['plan.pdf', smallHash]]) expect(await hashIn(boris, name), hash);
    expect(await sender.ended(), 0, sender.text());
    await boris.browser().close();

    step('a browser sends, and a shell gets');
    const ann = await enter('Ann', `${world.origin}/r/cli-get-${kind}`);
    for (const file of [big, small]) await (await ann.$('[data-files="any"]')).uploadFile(file);
    await ann.waitForSelector('.file-tray');
    await ann.focus('#chat-text');
    await ann.keyboard.press('Enter');
    await ann.waitForSelector('.file-card.mine');
    const output = path.join(directory, 'got');
    const getter = shell('get', `${world.origin}/r/cli-get-${kind}`, '-o', output);
    await ann.waitForFunction(() => (document.querySelector('[data-receiver-state="sending"] .file-progress')?.value ?? 0) > 5);
    step('the server is started again in the middle of it');
    await world.stopServer();
    await world.startServer();
    expect(await getter.ended(), 0, getter.text());
    for (const [name, hash] of [['harbour.bin', bigHash], ['plan.pdf', smallHash]]) {
      expect(createHash('sha256').update(await readFile(path.join(output, name))).digest('hex'), hash);
    }
    await ann.waitForSelector('[data-receiver-state="done"]');
  } finally {
    for (const run of shells) run.kill();
  }
}

function start(binary, words) {
  const child = spawn(binary, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: process.env.HOME ?? '/' } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { text += data; });
  const exit = new Promise((resolve) => { child.on('exit', (code) => resolve(code)); });
  return {
    text: () => text,
    async ended() {
      await until('the command ends', () => child.exitCode !== null || child.signalCode !== null, 60_000).catch((error) => { throw new Error(`${error.message}: ${text}`); });
      return exit;
    },
    kill: () => child.kill(),
  };
}

async function ready(page) {
  await page.waitForSelector('[data-phase="call"]');
  await page.waitForSelector('[data-control="chat"]');
  if (!await page.$('#chat-text')) await click(page, '[data-control="chat"]');
  await page.waitForSelector('[data-connection="connected"], [data-phase="call"]');
  await page.waitForSelector('#chat-text');
}

async function click(page, selector) {
  await (await page.waitForSelector(selector)).evaluate((element) => element.click());
}

/** As the browser's own file system has it. */
function hashIn(page, name) {
  return page.evaluate(async (wanted) => {
    const hex = async (file) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('parley-files');
    for await (const [entry, handle] of folder.entries()) {
      if (!entry.endsWith('.journal')) continue;
      const journal = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      const { info } = JSON.parse(new TextDecoder().decode(journal.subarray(4, 4 + new DataView(journal.buffer).getUint32(0))));
      if (info.name === wanted) return hex(await (await folder.getFileHandle(entry.replace('.journal', '.data'))).getFile());
    }
    return null;
  }, name);
}

function expect(actual, wanted, about = '') {
  if (actual !== wanted) throw new Error(`${actual} instead of ${wanted} ${about}`);
}
