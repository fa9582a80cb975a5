// Ann sends files to Boris: paused, over reloads of both and a restart of the server, whole at the end.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const bigBytes = 128 << 20;
const tolerate = /WebSocket|ERR_CONNECTION_REFUSED|can’t establish a connection|interrupted while/;

export default async function ({ world, kind, open, step }) {
  const url = `${world.origin}/r/journey-files`;
  const { big, other, picture, folder } = await makeFiles(path.join(world.directory, `files-${kind}`));
  const enter = async (name) => {
    const page = await open(name, { person: null, tolerate });
    page.on('dialog', (dialog) => dialog.accept());
    await page.goto(`${url}?name=${name}&join`);
    return page;
  };
  const ready = async (page) => {
    await page.waitForSelector('[data-connection="connected"]');
    await page.waitForSelector('[data-control="chat"]');
    if (!await page.$('#chat-text')) await page.click('[data-control="chat"]');
    await page.waitForSelector('#chat-text');
  };
  const ann = await enter('Ann');
  const boris = await enter('Boris');
  for (const page of [ann, boris]) await ready(page);

  step('Ann offers a large file, Boris takes it and pauses');
  await offer(ann, [big]);
  await boris.waitForSelector('[data-file-state="offered"]');
  await press(boris, '[data-action="receive"]');
  await further(boris, 0);
  await pause(boris);
  const before = await progress(boris);
  step('Boris loads his page again, and goes on');
  await boris.reload();
  await ready(boris);
  await boris.waitForSelector('[data-file-state="paused"]');
  await press(boris, '[data-action="resume"]');
  await further(boris, before);
  step('Boris loads his page again in the middle: it goes on by itself');
  await boris.reload();
  await ready(boris);
  await further(boris, before);
  await pause(boris);

  step('it goes on while the server is started again');
  await world.stopServer();
  await ann.waitForSelector('.tile.self .tile-chip');
  const paused = await progress(boris);
  await press(boris, '[data-action="resume"]');
  await further(boris, paused);
  await pause(boris);
  await world.startServer();
  for (const page of [ann, boris]) await page.waitForFunction(() => document.querySelector('.tile.self .tile-chip') === null);

  step('Ann loads her page again and chooses the file again');
  await ann.reload();
  await ready(ann);
  await ann.waitForSelector('.file-again');
  await ready(boris);
  await press(boris, '[data-action="resume"]');
  await upload(ann, '[data-files="again"]', [other]);
  await ann.waitForSelector('.file-wrong');
  await upload(ann, '[data-files="again"]', [big]);
  await boris.waitForSelector('[data-file-state="done"]');
  await ann.waitForSelector('[data-receiver-state="done"]');
  step('the SHA-256 is the same');
  await press(boris, '[data-action="hash"]');
  await boris.waitForSelector('.file-hash code');
  expect(await boris.$eval('.file-hash code', (code) => code.textContent), createHash('sha256').update(await readFile(big)).digest('hex'));
  await handsOver(boris, '[data-action="save"]', [bigBytes]);
  await press(ann, '[data-action="withdraw"]');
  await ann.waitForFunction(() => document.querySelector('.file-card') === null);

  step('Ann drags a file in, pastes another, and takes both back');
  await hand(ann, 'drop', 'dataTransfer');
  await ann.waitForFunction(() => document.querySelectorAll('.file-tray li').length === 1);
  await hand(ann, 'paste', 'clipboardData');
  await ann.waitForFunction(() => document.querySelectorAll('.file-tray li').length === 2);
  await press(ann, '[data-action="detach-all"]');
  await ann.waitForFunction(() => document.querySelector('.file-tray') === null);

  step('Boris refuses one');
  await offer(ann, [other]);
  await boris.waitForSelector('[data-file-state="offered"]');
  await press(boris, '[data-action="refuse"]');
  await ann.waitForSelector('[data-receiver-state="refused"]');
  await press(ann, '[data-action="withdraw"]');
  await boris.waitForFunction(() => document.querySelector('[data-file-state="refused"]') === null);

  step('Boris takes a picture and sees it');
  await offer(ann, [picture]);
  await boris.waitForSelector('[data-file-state="offered"]');
  await press(boris, '[data-action="receive"]');
  await boris.waitForFunction(() => (document.querySelector('.file-pictures img')?.naturalWidth ?? 0) > 0);

  step('Boris takes a folder, as one');
  await attachFolder(ann, kind, folder);
  await ann.waitForFunction(() => document.querySelectorAll('.file-tray li').length === 3);
  await ann.focus('#chat-text');
  await ann.keyboard.press('Enter');
  await boris.waitForSelector('[data-file-state="offered"]');
  await boris.waitForFunction(() => document.querySelectorAll('.file-list li').length === 3);
  await press(boris, '[data-action="receive"]');
  await boris.waitForFunction(() => document.querySelectorAll('.file-list [data-file-state="done"]').length === 3);
  expect(await boris.$$eval('.file-list bdi', (names) => names.map((name) => name.textContent).sort()), ['photos/a.txt', 'photos/deep/c.txt', 'photos/empty.txt']);

  step('Boris deletes all that is kept');
  await boris.click('[data-control="more"]');
  await boris.$$eval('.menu-item', (items) => items.find((item) => item.textContent.includes('Received files')).click());
  await boris.waitForSelector('[data-kept="5"]');
  await press(boris, '[data-action="delete-all"]');
  await boris.waitForSelector('[data-kept="0"]');
  expect(await boris.evaluate(async () => {
    const names = [];
    for await (const name of (await (await navigator.storage.getDirectory()).getDirectoryHandle('parley-files')).keys()) names.push(name);
    return names;
  }), []);
}

async function makeFiles(directory) {
  const folder = path.join(directory, 'photos');
  await mkdir(path.join(folder, 'deep'), { recursive: true });
  const files = { big: path.join(directory, 'harbour.bin'), other: path.join(directory, 'other.txt'), picture: path.join(directory, 'dot.png'), folder };
  await writeFile(files.big, randomBytes(bigBytes));
  await writeFile(files.other, 'another file');
  await writeFile(files.picture, Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'));
  await writeFile(path.join(folder, 'a.txt'), 'a');
  await writeFile(path.join(folder, 'empty.txt'), '');
  await writeFile(path.join(folder, 'deep/c.txt'), randomBytes(3 << 20));
  return files;
}

async function upload(page, selector, paths) {
  await (await page.$(selector)).uploadFile(...paths);
}

async function offer(page, paths) {
  await upload(page, '[data-files="any"]', paths);
  await page.waitForSelector('.file-tray');
  await page.focus('#chat-text');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.file-card.mine');
}

/** What a browser does when a file is dropped or pasted; no driver can do either in both. */
function hand(page, type, member) {
  return page.evaluate((name, where) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['content'], `${name}.txt`));
    const event = new Event(name, { bubbles: true, cancelable: true });
    Object.defineProperty(event, where, { value: transfer });
    document.body.dispatchEvent(event);
    if (!event.defaultPrevented) throw new Error(`${name} was not taken`);
  }, type, member);
}

/** Only Chromium's driver can choose a folder. */
async function attachFolder(page, kind, folder) {
  if (kind === 'chromium') return upload(page, '[data-files="folder"]', [folder]);
  const deep = [...await readFile(path.join(folder, 'deep/c.txt'))].length;
  await page.$eval('[data-files="folder"]', (input, bytes) => {
    const all = new DataTransfer();
    for (const [at, content] of [['photos/a.txt', 'a'], ['photos/empty.txt', ''], ['photos/deep/c.txt', 'c'.repeat(bytes)]]) {
      all.items.add(new File([content], at.split('/').at(-1)));
    }
    const paths = ['photos/a.txt', 'photos/empty.txt', 'photos/deep/c.txt'];
    Object.defineProperty(input, 'files', { configurable: true, value: [...all.files].map((file, n) => Object.defineProperty(file, 'webkitRelativePath', { value: paths[n] })) });
    input.dispatchEvent(new Event('change'));
    delete input.files;
  }, deep);
}

function progress(page) {
  return page.$eval('.file-progress', (bar) => bar.value);
}

function further(page, than) {
  return page.waitForFunction((value) => (document.querySelector('[data-file-state="receiving"] .file-progress')?.value ?? 0) > value, {}, than);
}

async function pause(page) {
  await page.$eval('[data-action="pause"]', (button) => button.click());
  await page.waitForSelector('[data-file-state="paused"]');
}

/** What a button gives to the browser's downloads, by size. */
async function handsOver(page, button, wanted) {
  const sizes = await page.evaluate(async (selector, count) => {
    const found = [];
    const make = URL.createObjectURL;
    const all = new Promise((resolve) => {
      URL.createObjectURL = (blob) => {
        found.push(blob.size);
        if (found.length === count) resolve();
        return make.call(URL, blob);
      };
    });
    document.querySelector(selector).click();
    await all;
    URL.createObjectURL = make;
    return found;
  }, button, wanted.length);
  expect(sizes, wanted);
}

function expect(actual, wanted) {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
}

/** Where the button is now: the list moves while somebody comes in. */
async function press(page, selector) {
  await page.waitForSelector(selector);
  await page.$eval(selector, (button) => button.click());
}
