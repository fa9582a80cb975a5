// Each language on a narrow phone: nothing runs out of its button, its box or the screen, on the pages and in the panels and dialogs of a call.
// PARLEY_PICTURES names a folder for a picture of each.
import assert from 'node:assert/strict';
import path from 'node:path';

const locales = ['de', 'en', 'es', 'fr', 'pl', 'pt', 'ru', 'tr', 'uk', 'zh'];

export default async function ({ world, kind, open, step }) {
  const ann = await open('Ann');
  await ann.setViewport({ width: 360, height: 740 });
  const faults = [];
  const look = async (name) => {
    const locale = await ann.evaluate(() => document.documentElement.lang);
    faults.push(...(await ann.evaluate(runsOut)).map((fault) => `${name} in ${locale}: ${fault}`));
    if (process.env.PARLEY_PICTURES) await ann.screenshot({ path: path.join(process.env.PARLEY_PICTURES, `${name}-${locale}-${kind}.png`) });
  };
  const each = async (name, choose) => {
    for (const locale of locales) {
      step(`${name} in ${locale}`);
      await choose(locale);
      await ann.waitForFunction((wanted) => document.documentElement.lang === wanted, {}, locale);
      await look(name);
    }
  };
  const bySelect = (locale) => ann.select('select[name="language"]', locale);

  await ann.goto(`${world.origin}/`);
  await ann.waitForSelector('[data-action="start"]');
  await each('home', bySelect);
  await ann.goto(`${world.origin}/r/languages-${kind}?name=Ann`);
  await ann.waitForSelector('.preview video:not([hidden])');
  await each('door', bySelect);
  await ann.$eval('[data-action="join"]', (button) => button.click());
  await ann.waitForSelector('[data-control="host"]');

  for (const locale of locales) {
    step(`a call in ${locale}`);
    await dialog(ann, 'more');
    await ann.select('select[name="call-language"]', locale);
    await ann.waitForFunction((wanted) => document.documentElement.lang === wanted, {}, locale);
    await look('more');
    await closed(ann);
    await look('call');
    for (const [panel, key] of Object.entries({ chat: 'c', people: 'p', connection: 'i' })) {
      await ann.keyboard.press(key);
      await ann.waitForSelector('.panel');
      await look(panel);
      await ann.keyboard.press('Escape');
      await ann.waitForFunction(() => document.querySelector('.panel') === null);
    }
    await dialog(ann, 'host');
    await look('host');
    await closed(ann);
    for (const key of ['d', '?']) {
      await ann.keyboard.press(key);
      await ann.waitForSelector('parley-dialog');
      await look(key === 'd' ? 'devices' : 'keys');
      await closed(ann);
    }
  }
  assert.deepEqual(faults, []);
}

const press = (page, selector) => page.$eval(selector, (button) => button.click());

async function dialog(page, control) {
  await press(page, `[data-control="${control}"]`);
  await page.waitForSelector('parley-dialog');
}

async function closed(page) {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('parley-dialog') === null);
}

/** Runs in the page. What may be scrolled sideways, or ends in an ellipsis, does not run out. */
function runsOut() {
  const faults = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth + 1) faults.push(`the page is ${root.scrollWidth} px wide`);
  const says = (element) => `${element.tagName.toLowerCase()}.${element.className} "${(element.ariaLabel || element.textContent).trim().slice(0, 60)}"`;
  for (const element of document.querySelectorAll('button, a, label, legend, h1, h2, h3, p, select, summary, dt, dd, li, th, td, .badge')) {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || element.closest('.visually-hidden')) continue;
    const { left, right, width, height } = element.getBoundingClientRect();
    if (width <= 1 || height <= 1) continue;
    let holder = element;
    while (holder && !['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(holder).overflowX)) holder = holder.parentElement;
    const { textOverflow, overflowX } = getComputedStyle(element);
    if (!holder && (left < -1 || right > innerWidth + 1)) faults.push(`${says(element)} is at ${Math.round(left)} to ${Math.round(right)} px`);
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && textOverflow !== 'ellipsis' && !['auto', 'scroll'].includes(overflowX)) {
      faults.push(`${says(element)} needs ${element.scrollWidth} px and has ${element.clientWidth}`);
    }
  }
  return faults;
}
