// The soft background: on at the door, seen by the other side, off and on again in the call. In Chromium the
// camera shows a person before a shelf of books, so that what is sharp can be measured.
import { until } from '../world.mjs';
import { seesTheOther } from './call.mjs';
import { closeDialog, openSettings } from './devices.mjs';

export default async function ({ world, kind, open, step }) {
  const url = `${world.origin}/r/journey-effects`;
  step('Eve goes in with her room to be seen');
  const eve = await open('Eve', { person: 'eve' });
  await eve.goto(`${url}?name=Eve&join`);
  const boris = await open('Boris', { person: 'boris' });
  await boris.goto(`${url}?name=Boris&join`);
  for (const page of [eve, boris]) await seesTheOther(page);
  const plain = kind === 'chromium' ? await sharpPicture(boris) : null;

  step('she softens it');
  await openSettings(eve, 'background');
  await eve.click('[name="blur"]');
  await eve.waitForSelector('[data-blur="running"]');
  await until('pictures are counted', () => eve.$eval('[data-blur]', (line) => /^\d/.test(line.textContent)));
  if (plain) {
    let soft = null;
    await until('Boris sees her room softened and herself sharp', async () => {
      soft = await sharpness(boris);
      return soft.room < plain.room * 0.35 && soft.person > plain.person * 0.6;
    }).catch((error) => { throw new Error(`${error.message}; before ${JSON.stringify(plain)}, after ${JSON.stringify(soft)}`); });
  }
  await stillMoves(boris);

  step('she shows it again');
  await eve.click('[name="blur"]');
  await eve.waitForSelector('[data-blur="off"]');
  if (plain) await until('Boris sees the room', async () => (await sharpness(boris)).room > plain.room * 0.6);
  await stillMoves(boris);
  await closeDialog(eve);

  step('remembered, it is on at the door before anything is seen');
  await openSettings(eve, 'background');
  await eve.click('[name="blur"]');
  await eve.waitForSelector('[data-blur="running"]');
  await eve.goto(`${world.origin}/r/journey-effects-door`);
  await eve.waitForSelector('.preview video:not([hidden])');
  await eve.waitForSelector('[data-blur="running"]');
}

/** Once the picture has come to its full size. */
async function sharpPicture(page) {
  await until('the picture is sharp', () => page.$eval('[data-connection] video', (video) => video.videoHeight >= 360));
  let best = { room: 0, person: 0 };
  let still = 0;
  await until('it gets no sharper', async () => {
    const now = await sharpness(page);
    still = now.room > best.room * 1.05 ? 0 : still + 1;
    if (now.room > best.room) best = now;
    return still >= 5;
  });
  return best;
}

/** Mean difference of neighbouring pixels, in the room beside the person and in the person's face. */
function sharpness(page) {
  return page.$eval('[data-connection] video', (video) => {
    const canvas = new OffscreenCanvas(640, 360);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0, 640, 360);
    const of = (x, y, width, height) => {
      const { data } = context.getImageData(x, y, width, height);
      let sum = 0;
      for (let i = 0; i + 4 < data.length; i += 4) sum += Math.abs(data[i] - data[i + 4]) + Math.abs(data[i + 1] - data[i + 5]);
      return sum / (width * height);
    };
    return { room: of(20, 40, 120, 200), person: of(270, 120, 100, 90) };
  });
}

async function stillMoves(page) {
  const before = await page.$eval('[data-connection] video', (video) => video.currentTime);
  await page.waitForFunction((was) => document.querySelector('[data-connection] video').currentTime > was + 0.5, {}, before);
}
