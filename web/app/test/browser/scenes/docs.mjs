// The documentation of the SDK: each kind of page, the search, and an example that runs.
import { until } from '../world.mjs';

export async function documentation(world, look) {
  const browser = await world.browser({ person: 'ann', voice: true });
  const page = look.watch(await browser.newPage(), 'docs');
  await page.goto(`${world.origin}/docs/`);
  await look.at('docs-start', page, { english: true });
  await page.goto(`${world.origin}/docs/element/`);
  await look.at('docs-guide', page, { english: true });
  await page.goto(`${world.origin}/docs/reference/client/#Call`);
  await look.at('docs-reference', page, { english: true });
  await page.goto(`${world.origin}/docs/calls/`);
  await look.at('docs-search', page, {
    english: true,
    open: async () => {
      await page.keyboard.press('/');
      await page.type('dialog.search input', 'leave');
      await page.waitForSelector('#search-results a');
    },
    close: async () => {
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => !document.querySelector('dialog.search').open);
    },
  });
  await page.goto(`${world.origin}/docs/examples/`);
  await runTogether(page);
  await look.at('docs-example', page, {
    english: true,
    open: () => page.$eval('.stage', (stage) => stage.scrollIntoView({ block: 'center', behavior: 'instant' })),
  });
  await page.click('.run');
}

/** Two people in the first example on the page. */
async function runTogether(page) {
  await page.click('.run');
  await page.waitForSelector('.stage > button');
  await page.click('.stage > button');
  await page.waitForFunction(() => document.querySelectorAll('iframe').length === 2);
  for (const [n, name] of ['Ann', 'Boris'].entries()) {
    const frame = await until(`the frame of ${name} is there`, async () => (await (await page.$$('iframe'))[n].contentFrame())?.url().includes('/docs/run/') && (await page.$$('iframe'))[n].contentFrame());
    await frame.waitForSelector('#entry');
    await frame.type('#entry input[name="name"]', name);
    await frame.click('#entry button');
  }
  for (const handle of await page.$$('iframe')) {
    const frame = await handle.contentFrame();
    await frame.waitForFunction(() => document.querySelectorAll('figure video').length === 2 && [...document.querySelectorAll('video')].every((video) => video.currentTime > 0));
  }
}
