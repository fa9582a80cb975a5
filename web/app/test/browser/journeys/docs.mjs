// The documentation of the SDK: found by the keyboard, copied from, and an example that two people are in.
import assert from 'node:assert/strict';
import { until } from '../world.mjs';

export default async function ({ world, open, step }) {
  const page = await open('Reader');
  step('the search by keys alone');
  await page.goto(`${world.origin}/docs/`);
  await page.keyboard.press('/');
  await page.waitForSelector('dialog.search[open]');
  await page.keyboard.type('channel send');
  await page.waitForFunction(() => document.querySelector('#search-results [data-chosen] .title')?.textContent === 'Channel.send');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.pathname === '/docs/reference/client/' && location.hash === '#Channel.send');
  assert.match(await page.$eval('#Channel\\.send', (term) => term.textContent), /^send\(/);

  step('the files of an example');
  await page.goto(`${world.origin}/docs/examples/`);
  await page.click('[data-example="react"] [role="tab"]:nth-child(2)');
  await page.keyboard.press('ArrowRight');
  const shown = await page.$$eval('[data-example="react"] .file', (files) => files.filter((file) => !file.hidden).map((file) => file.querySelector('.file-name').textContent));
  assert.deepEqual(shown, ['main.tsx']);

  step('two people in the example that runs in the page');
  await page.click('[data-example="vanilla"] .run');
  await page.waitForSelector('[data-example="vanilla"] .stage > button');
  await page.click('[data-example="vanilla"] .stage > button');
  const frames = [];
  for (const [n, name] of ['Ann', 'Boris'].entries()) {
    const frame = await until(`the page of ${name} is there`, async () => {
      const inner = await (await page.$$('iframe'))[n]?.contentFrame();
      return inner && await inner.$('#entry').catch(() => null) ? inner : null;
    });
    frames.push(frame);
    await frame.type('#entry input[name="name"]', name);
    await frame.click('#entry button');
  }
  for (const frame of frames) {
    await frame.waitForFunction(() => document.querySelectorAll('figure video').length === 2 && [...document.querySelectorAll('video')].every((video) => video.currentTime > 0));
  }
  await page.click('[data-example="vanilla"] .run');
  await page.waitForFunction(() => document.querySelector('iframe') === null);
}
