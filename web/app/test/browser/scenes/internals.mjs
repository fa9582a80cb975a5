// A call from inside: offered to another tab, watched, saved, opened again; and what the badge means.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../world.mjs';

const room = 'k3vq-9xwd-mm2t-7hcp';

export async function internalsStates(world, look) {
  const browser = await world.browser({ person: 'ann', voice: true });
  const ann = look.watch(await browser.newPage(), 'Ann');
  await ann.goto(`${world.origin}/r/${room}?name=Ann&join`);
  const other = await world.browser({ person: 'boris', voice: true });
  const boris = look.watch(await other.newPage(), 'Boris');
  await boris.goto(`${world.origin}/r/${room}?name=Boris&join`);
  for (const page of [ann, boris]) await page.waitForSelector('[data-connection="connected"]');
  const inside = look.watch(await browser.newPage(), 'inside');
  await inside.goto(`${world.origin}/internals`);
  await inside.waitForSelector('[data-action="watch-call"]');
  await look.at('internals-open', inside);
  await refused(world, inside);
  await look.at('internals-refused', inside);
  await inside.click('[data-action="watch-call"]');
  await inside.waitForSelector('.dump[data-live="live"] [data-path="direct"]');
  // Whoever leads looks for another path.
  for (const page of [ann, boris]) await page.evaluate(() => dispatchEvent(new Event('online')));
  await until('there is a course to see', () => inside.evaluate(() => Number(document.querySelector('[data-samples]')?.dataset.samples) > 20
    && document.querySelectorAll('select[name="description"] option').length > 2));
  await look.at('internals-live', inside);
  await look.at('internals-pairs', inside, { open: () => inside.$eval('.dump-pairs', (table) => table.closest('section').scrollIntoView()) });
  await look.at('internals-sdp', inside, {
    open: async () => {
      await inside.$eval('select[name="description"]', (select) => {
        select.selectedIndex = select.options.length - 1;
        select.dispatchEvent(new Event('change'));
      });
      await inside.$$eval('.dump-sdp-tools .dump-choice button', ([, changes]) => changes.click());
      await inside.waitForSelector('.dump-lines .added');
      await inside.$eval('.dump-lines', (lines) => lines.closest('section').scrollIntoView());
    },
  });
  await look.at('internals-events', inside, { open: () => inside.$eval('.dump-events', (list) => list.closest('section').scrollIntoView()) });
  await reportDialog(ann, look);
  await badgeMeaning(ann, look);
  for (const each of [browser, other]) await each.close();
}

async function refused(world, page) {
  const file = path.join(world.directory, 'notes.json');
  await writeFile(file, JSON.stringify({ notes: [] }));
  await (await page.$('input[name="report"]')).uploadFile(file);
  await page.waitForSelector('.internals-bad');
}

function reportDialog(page, look) {
  return look.at('report-dialog', page, {
    open: async () => {
      await page.$eval('[data-control="more"]', (button) => button.click());
      await (await page.waitForSelector('[data-item="report"]')).click();
      await page.waitForSelector('parley-report-form');
    },
    close: async () => {
      await page.keyboard.press('Escape');
      await until('the dialog is closed', async () => (await page.$('parley-report-form')) === null);
    },
  });
}

function badgeMeaning(page, look) {
  return look.at('quality-meaning', page, {
    open: async () => {
      if (!await page.$('[data-panel="connection"]')) await page.keyboard.press('i');
      await page.waitForSelector('.quality-meaning');
      await page.$eval('.quality-meaning', (details) => { details.open = true; });
    },
  });
}
