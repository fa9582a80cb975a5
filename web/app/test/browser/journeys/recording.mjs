// Ann records the call, and Boris sees it. What she gets plays, shows both of them and is heard.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../world.mjs';
import { seesTheOther } from './call.mjs';
import { closeDialog } from './devices.mjs';

export default async function ({ world, kind, open, step }) {
  const url = `${world.origin}/r/journey-recording`;
  const { downloads } = world;
  step('two people meet');
  const ann = await open('Ann');
  await ann.goto(`${url}?name=Ann&join`);
  const boris = await open('Boris', { person: 'boris' });
  await boris.goto(`${url}?name=Boris&join`);
  for (const page of [ann, boris]) await seesTheOther(page);

  step('Ann records the whole call');
  await begin(ann);
  step('Boris is told');
  await boris.waitForSelector('[data-banner="recording"]');
  await boris.waitForSelector('[data-connection] .recording-mark');
  await boris.waitForFunction(() => document.querySelector('[data-live]').textContent.includes('Ann records this call'));
  await ann.waitForSelector('.tile.self .recording-mark');
  await recorded(ann, 3);
  step('a pause is none of the recording');
  await act(ann, 'pause');
  await ann.waitForSelector('[data-recording-phase="paused"]');
  const before = await time(ann);
  await act(ann, 'pause');
  await ann.waitForSelector('[data-recording-phase="recording"]');
  await recorded(ann, before + 2);
  step('who comes later sees it as well');
  const chen = await boris.browser().newPage();
  await chen.goto(`${url}?name=Chen&join`);
  await chen.waitForSelector('[data-banner="recording"]');
  await chen.close();
  step('the recording ends');
  const seconds = await time(ann);
  await act(ann, 'stop');
  await boris.waitForFunction(() => document.querySelector('[data-banner="recording"]') === null && document.querySelector('.recording-mark') === null);
  const [call] = await files(ann);
  step('it is in the downloads, whole');
  await until('the download is there', async () => {
    const names = await readdir(downloads).catch(() => []);
    return names.includes(call.name) && (await readFile(path.join(downloads, call.name))).length === call.bytes;
  });
  step('it shows both, moves and is heard');
  const film = await watch(ann, call.name);
  if (Math.abs(film.duration - seconds) > 2) throw new Error(`it is ${film.duration} s long after ${seconds} s`);
  if (film.width !== 1280 || film.height !== 720) throw new Error(`it is ${film.width} by ${film.height}`);
  if (!film.moves) throw new Error('nothing moves in it');
  if (film.left < 12 || film.right < 12) throw new Error(`a half is empty: ${JSON.stringify(film)}`);
  if (!(film.loudness > 0.005)) throw new Error(`its loudness is ${film.loudness}`);
  if (kind === 'chromium' && film.different < 30) throw new Error(`both halves have the same colours: ${JSON.stringify(film)}`);

  step('Boris alone, sound only; then the page closes before its time');
  await begin(ann, { what: 1, soundOnly: true });
  await recorded(ann, 2);
  await act(ann, 'stop');
  await ann.waitForFunction(() => document.querySelector('parley-recording') === null);
  const sound = (await files(ann)).find(({ name }) => name !== call.name);
  const voice = await listen(ann, sound.name);
  if (!(voice > 0.005)) throw new Error(`the loudness of Boris is ${voice}`);
  await begin(ann, { what: 1 });
  await recorded(ann, 3);
  let asked = '';
  ann.once('dialog', (dialog) => {
    asked = dialog.type();
    void dialog.accept();
  });
  await ann.goto(url);
  // Firefox does not ask those who drive it.
  if (kind === 'chromium' && asked !== 'beforeunload') throw new Error('the page went without a question');
  step('the unfinished one is found');
  await ann.waitForSelector('.prejoin [data-recording]');
  const name = await ann.$eval('.prejoin [data-recording]', (line) => line.dataset.recording);
  const alone = await watch(ann, name, false);
  if (alone.duration < 1 || alone.left < 12) throw new Error(`what was found shows nothing: ${JSON.stringify(alone)}`);
  step('it is saved, and deleted');
  await ann.click('[data-recording] [data-action="save"]');
  await until('the download is there', async () => (await readdir(downloads)).includes(name));
  await ann.waitForFunction(() => document.querySelector('.prejoin [data-recording]') === null);
  await ann.click('[data-action="join"]');
  await ann.waitForSelector('[data-phase="call"]');
  await ann.keyboard.press('e');
  await ann.waitForFunction(() => document.querySelectorAll('dialog [data-recording]').length === 3);
  for (let left = 3; left > 0; left--) {
    await ann.click('dialog [data-action="delete"]');
    await ann.waitForSelector('dialog [data-action="delete"].danger');
    await ann.click('dialog [data-action="delete"].danger');
    await ann.waitForFunction((count) => document.querySelectorAll('dialog [data-recording]').length === count, {}, left - 1);
  }
  if ((await files(ann)).length > 0) throw new Error('something is left of them');
  await closeDialog(ann);
}

/** Opens the dialog and begins. `what`: the place in the list of what to record. */
export async function begin(page, { what = 0, soundOnly = false } = {}) {
  await page.bringToFront();
  await page.keyboard.press('e');
  await page.waitForSelector('dialog [data-action="record"]');
  const value = await page.$eval('[name="record-what"]', (select, n) => select.options[n].value, what);
  await page.select('[name="record-what"]', value);
  if (soundOnly) await page.click('[name="sound-only"]');
  await page.click('[data-action="record"]');
  await page.waitForSelector('[data-recording-phase="recording"]');
}

export function act(page, name) {
  return page.$eval(`[data-recording-act="${name}"]`, (button) => button.click());
}

function time(page) {
  return page.$eval('[role="timer"]', (timer) => timer.textContent.split(':').reduce((sum, part) => sum * 60 + Number(part), 0));
}

/** So many seconds are recorded, and on the disk. */
export async function recorded(page, seconds) {
  await until(`${seconds} s are recorded`, async () => await time(page) >= seconds
    && await page.$eval('.recording-time small', (size) => !/^0 /.test(size.textContent)));
}

/** What lies in the browser. */
async function files(page) {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const all = [];
    for await (const file of (await root.getDirectoryHandle('parley-recordings')).values()) all.push({ name: file.name, bytes: (await file.getFile()).size });
    return all.filter((file) => !file.name.endsWith('.saved'));
  });
}

/** Plays a recording: its length and size, whether it moves, how varied its left and its right half are, and how far apart. */
function watch(page, name, finished = true) {
  return page.evaluate(async (wanted, whole) => {
    const root = await navigator.storage.getDirectory();
    const file = await (await (await root.getDirectoryHandle('parley-recordings')).getFileHandle(wanted)).getFile();
    const video = document.createElement('video');
    video.muted = true;
    video.src = URL.createObjectURL(file);
    const happens = (type) => new Promise((resolve, reject) => {
      video.addEventListener(type, resolve, { once: true });
      video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true });
    });
    await happens('loadedmetadata');
    // One that was not finished says neither how long it is nor where what is, but it can be played.
    const end = whole ? video.duration : 1;
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const at = async (seconds) => {
      void video.play();
      while (video.currentTime < seconds && !video.ended) await happens('timeupdate');
      context.drawImage(video, 0, 0, 64, 36);
      return context.getImageData(0, 0, 64, 36).data;
    };
    const frames = [];
    // In its first seconds nobody else has come yet.
    for (const seconds of [Math.min(2, end * 0.3), end * 0.4, end * 0.55, end * 0.7, end * 0.85]) frames.push(await at(seconds));
    const [first] = frames;
    const half = (data, from) => {
      const sums = [0, 0, 0];
      const squares = [0, 0, 0];
      let count = 0;
      for (let y = 6; y < 30; y++) {
        for (let x = from + 4; x < from + 28; x++, count++) {
          for (let c = 0; c < 3; c++) {
            const value = data[(y * 64 + x) * 4 + c];
            sums[c] += value;
            squares[c] += value * value;
          }
        }
      }
      const mean = sums.map((sum) => sum / count);
      return { mean, spread: Math.max(...squares.map((square, c) => Math.sqrt(square / count - mean[c] ** 2)), ...mean) };
    };
    const [left, right] = [half(first, 0), half(first, 32)];
    const moves = frames.slice(1).some((frame) => first.some((value, i) => Math.abs(value - frame[i]) > 24));
    const sound = await new OfflineAudioContext(1, 48_000, 48_000).decodeAudioData(await file.arrayBuffer()).catch(() => null);
    const samples = sound?.getChannelData(0) ?? [];
    return {
      duration: end, width: video.videoWidth, height: video.videoHeight, moves, left: left.spread, right: right.spread,
      different: Math.hypot(...left.mean.map((value, c) => value - right.mean[c])),
      loudness: Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length),
    };
  }, name, finished);
}

/** How loud a recording is. */
function listen(page, name) {
  return page.evaluate(async (wanted) => {
    const root = await navigator.storage.getDirectory();
    const file = await (await (await root.getDirectoryHandle('parley-recordings')).getFileHandle(wanted)).getFile();
    const sound = await new OfflineAudioContext(1, 48_000, 48_000).decodeAudioData(await file.arrayBuffer());
    const samples = sound.getChannelData(0);
    return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
  }, name);
}
