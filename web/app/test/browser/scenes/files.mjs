// Files in the chat: attached, offered, on their way, here, refused, without room, as a folder.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFile } from '../files/site.mjs';

const room = 'harbour-files';
/** So slow a network that there is time to look. */
const bytesPerSecond = 400_000;

export async function fileStates(world, look) {
  const { film, plan, picture, folder } = await makeFiles(path.join(world.directory, 'files'));
  const enter = async (name, person) => {
    const browser = await world.browser({ person });
    const page = look.watch(await browser.newPage(), name);
    page.on('dialog', (dialog) => dialog.accept());
    await page.evaluateOnNewDocument(narrow);
    await page.goto(`${world.origin}/r/${room}?name=${name}&join`);
    await ready(page);
    return page;
  };
  const ann = await enter('Ann', 'ann');
  const boris = await enter('Boris', 'boris');
  for (const page of [ann, boris]) await page.waitForSelector('[data-connection="connected"]');
  await dragging(ann, look, film);

  await attach(ann, [film, plan]);
  await ann.type('#chat-text', 'The film of the harbour, and the plan.');
  await look.at('call-files-attached', ann);
  await ann.focus('#chat-text');
  await ann.keyboard.press('Enter');
  await boris.waitForSelector('[data-file-state="offered"]');
  await look.at('call-files-offered', boris);

  await ann.evaluate((rate) => { globalThis.fileBytesPerSecond = rate; }, bytesPerSecond);
  await click(boris, '[data-action="receive"]');
  await boris.waitForFunction(() => document.querySelector('[data-file-state="receiving"] .file-progress')?.value > 0);
  await look.at('call-files-receiving', boris);
  await look.at('call-files-sending', ann);
  await click(boris, '[data-action="pause"]');
  await boris.waitForSelector('[data-file-state="paused"]');
  await look.at('call-files-paused', boris);
  await sentAgain(ann, boris, look, film, plan);
  await writeFile(picture, await drawing(ann));
  await others(ann, boris, look, { picture, folder, plan });
  for (const page of [ann, boris]) await page.browser().close();
}

/** The sender's page is loaded again. */
async function sentAgain(ann, boris, look, film, plan) {
  await ann.reload();
  await ready(ann);
  await ann.waitForSelector('.file-again');
  await look.at('call-files-again', ann);
  await boris.waitForFunction(() => document.querySelectorAll('[data-connection="connected"]').length === 1);
  for (const [left, file] of [[1, plan], [0, film]]) {
    for (const input of await ann.$$('[data-files="again"]')) await input.uploadFile(file);
    await ann.waitForFunction((count) => document.querySelectorAll('.file-again').length === count, {}, left);
  }
  await click(boris, '[data-action="resume"]');
  await boris.waitForSelector('.file-card[data-file-state="done"]');
  await look.at('call-files-done', boris, { open: () => boris.$eval('.file-list', (list) => { list.open = true; }) });
  await withdrawAll(ann);
  await click(boris, '[data-action="delete"]');
}

async function others(ann, boris, look, { picture, folder, plan }) {
  await offer(ann, boris, [picture]);
  await click(boris, '[data-action="receive"]');
  await boris.waitForSelector('.file-pictures img');
  await click(boris, '[data-action="hash"]');
  await boris.waitForSelector('.file-hash code');
  await look.at('call-files-picture', boris);
  await (await ann.$('[data-files="folder"]')).uploadFile(folder);
  await ann.focus('#chat-text');
  await ann.keyboard.press('Enter');
  await boris.waitForSelector('[data-file-state="offered"]');
  await boris.$eval('.file-list', (list) => { list.open = true; });
  await look.at('call-files-folder', boris);
  await click(boris, '[data-action="receive"]');
  await boris.waitForFunction(() => document.querySelectorAll('.file-card[data-file-state="done"]').length === 2);
  await click(boris, '[data-control="more"]');
  await click(boris, '[data-item="files"]');
  await boris.waitForSelector('[data-kept="4"]');
  await boris.keyboard.press('Escape');
  await look.at('call-files-kept', boris, {
    open: async () => {
      await click(boris, '[data-control="more"]');
      await click(boris, '[data-item="files"]');
      await boris.waitForSelector('[data-kept="4"]');
    },
    close: async () => {
      await boris.keyboard.press('Escape');
      await boris.waitForFunction(() => document.querySelector('parley-dialog') === null);
    },
  });
  await withdrawAll(ann);
  await noRoom(ann, boris, look, plan);
}

async function noRoom(ann, boris, look, plan) {
  await offer(ann, boris, [plan]);
  const devtools = await boris.createCDPSession();
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(boris.url()).origin, quotaSize: 1 << 20 });
  await click(boris, '[data-file-state="offered"] [data-action="receive"]');
  await boris.waitForSelector('.file-card[data-file-state="failed"]');
  await look.at('call-files-no-room', boris);
  await withdrawAll(ann);
  await offer(ann, boris, [plan]);
  await click(boris, '[data-file-state="offered"] [data-action="refuse"]');
  await ann.waitForSelector('[data-receiver-state="refused"]');
  await look.at('call-files-refused', ann);
}

/** A file of the disk is held over the page. */
async function dragging(page, look, file) {
  const devtools = await page.createCDPSession();
  const drag = (type) => devtools.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data: { items: [], files: [file], dragOperationsMask: 1 } });
  await look.at('call-files-drop', page, {
    open: async () => {
      await drag('dragEnter');
      await drag('dragOver');
      await page.waitForSelector('.drop-overlay');
    },
    close: async () => {
      await drag('dragCancel'); // of which the browser's driver does not tell the page
      await page.evaluate(() => dispatchEvent(new DragEvent('dragleave')));
      await page.waitForFunction(() => document.querySelector('.drop-overlay') === null);
    },
  });
}

/** A narrow way for files out of this page, as wide as globalThis.fileBytesPerSecond says. */
function narrow() {
  const everyMs = 100;
  const { send } = RTCDataChannel.prototype;
  const { get } = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'bufferedAmount');
  const waiting = new WeakMap();
  globalThis.fileBytesPerSecond = Infinity;
  Object.defineProperty(RTCDataChannel.prototype, 'bufferedAmount', {
    get() { return get.call(this) + (waiting.get(this) ?? []).reduce((sum, { byteLength }) => sum + byteLength, 0); },
  });
  RTCDataChannel.prototype.send = function (data) {
    if (this.label !== 'file-data') return send.call(this, data);
    let queue = waiting.get(this);
    if (!queue) {
      waiting.set(this, queue = []);
      let allowance = 0;
      setInterval(() => {
        allowance = Math.min(allowance, 0) + globalThis.fileBytesPerSecond * everyMs / 1000;
        while (queue.length > 0 && allowance > 0 && this.readyState === 'open') {
          allowance -= queue[0].byteLength;
          send.call(this, queue.shift());
        }
        if (this.bufferedAmount <= this.bufferedAmountLowThreshold) this.dispatchEvent(new Event('bufferedamountlow'));
      }, everyMs);
    }
    queue.push(data);
  };
}

async function ready(page) {
  await page.waitForSelector('[data-phase="call"]');
  await page.waitForSelector('[data-control="chat"]');
  if (!await page.$('#chat-text')) await click(page, '[data-control="chat"]');
  await page.waitForSelector('#chat-text');
}

/** On a phone a panel may lie over what is clicked. */
async function click(page, selector) {
  await page.waitForSelector(selector);
  await page.$eval(selector, (element) => element.click());
}

async function attach(page, files) {
  await (await page.$('[data-files="any"]')).uploadFile(...files);
  await page.waitForSelector('.file-tray');
}

async function offer(sender, receiver, files) {
  await attach(sender, files);
  await sender.focus('#chat-text');
  await sender.keyboard.press('Enter');
  await receiver.waitForSelector('.file-card[data-file-state="offered"]');
}

async function withdrawAll(page) {
  while (await page.$('[data-action="withdraw"]')) await click(page, '[data-action="withdraw"]');
  await page.waitForFunction(() => document.querySelector('.file-card.mine') === null);
}

async function makeFiles(directory) {
  const folder = path.join(directory, 'Harbour');
  await mkdir(path.join(folder, 'plans'), { recursive: true });
  const files = { film: path.join(directory, 'Harbour in the morning.webm'), plan: path.join(directory, 'plan.pdf'), picture: path.join(directory, 'Harbour.png'), folder };
  await makeFile(files.film, 48 << 20);
  await makeFile(files.plan, 3 << 20);
  await makeFile(path.join(folder, 'ships.csv'), 48_000);
  await makeFile(path.join(folder, 'plans/quay.pdf'), 1_400_000);
  await makeFile(path.join(folder, 'plans/crane.pdf'), 2_600_000);
  return files;
}

/** A ship at sea, as PNG. */
async function drawing(page) {
  const address = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [900, 560];
    const context = canvas.getContext('2d');
    const paint = (colour, points) => {
      context.fillStyle = colour;
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x, y);
      context.fill();
    };
    paint('#cfe4ea', [[0, 0], [900, 0], [900, 560], [0, 560]]);
    paint('#2f6b61', [[0, 400], [900, 380], [900, 560], [0, 560]]);
    paint('#8a3b2c', [[250, 340], [680, 340], [620, 430], [310, 430]]);
    paint('#fbfaf6', [[440, 60], [440, 320], [260, 320]]);
    paint('#f2a671', [[460, 100], [460, 320], [620, 320]]);
    return canvas.toDataURL('image/png');
  });
  return Buffer.from(address.split(',')[1], 'base64');
}
