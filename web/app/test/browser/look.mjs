// Looks at one state of a page in each variant (size, theme, language): a picture if wanted, and
// axe always. Whatever axe or the console complains about is collected.
import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { shrinkPNG } from './png.mjs';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A busy machine with four browsers on it is slow; a state that does not come at all is a fault. */
const limitMs = 90_000;

const sizes = {
  desktop: { width: 1200, height: 750, mobile: false },
  phone: { width: 360, height: 740, mobile: true },
};

/** Each size, theme and language meets each other one in at least one of these. */
export const variants = [
  { size: 'desktop', theme: 'light', locale: 'en' },
  { size: 'desktop', theme: 'dark', locale: 'ru' },
  { size: 'phone', theme: 'light', locale: 'ru' },
  { size: 'phone', theme: 'dark', locale: 'en' },
];

export class Look {
  complaints = [];
  count = 0;
  #states = 0;
  #directory;
  #all;
  #tolerated = null;
  #clients = new WeakMap();

  /** Pictures go to `directory`; without one only the checks run. `all`: in each variant, not in one of them by turns. */
  constructor(directory, { all = true } = {}) {
    this.#directory = directory;
    this.#all = all;
  }

  /** Takes note of all that a page complains about. */
  watch(page, who) {
    page.setDefaultTimeout(limitMs);
    page.on('console', (message) => {
      if (!['error', 'warn', 'assert'].includes(message.type())) return;
      if (!this.#tolerated?.test(message.text())) this.complaints.push(`${who}: console ${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`${who}: ${error.stack ?? error}`));
    return page;
  }

  /** The browser itself reports some things that are the very point of a state, like a server that is gone. */
  tolerate(pattern) {
    this.#tolerated = pattern;
  }

  /** `english`: the page has no other language. */
  async at(name, page, { open, close, english = false } = {}) {
    await page.bringToFront();
    const chosen = this.#all ? variants : [variants[this.#states++ % variants.length]];
    for (const variant of chosen.map((one) => (english ? { ...one, locale: 'en' } : one))) {
      const label = `${name}-${variant.size}-${variant.theme}-${variant.locale}`;
      await this.#apply(page, variant);
      await open?.(variant);
      await this.#settle(page);
      await this.#axe(page, label);
      if (this.#directory) await this.#picture(page, label);
      await close?.(variant);
      this.count++;
    }
    console.log(name);
  }

  async #apply(page, { size, theme, locale }) {
    const { width, height, mobile } = sizes[size];
    const client = await this.#client(page);
    await client.send('Emulation.setDeviceMetricsOverride', { width, height, mobile, deviceScaleFactor: 1 });
    const pointer = mobile ? 'coarse' : 'fine';
    await client.send('Emulation.setEmulatedMedia', {
      features: [
        { name: 'prefers-color-scheme', value: theme }, { name: 'prefers-reduced-motion', value: 'reduce' },
        { name: 'hover', value: mobile ? 'none' : 'hover' }, { name: 'pointer', value: pointer }, { name: 'any-pointer', value: pointer },
      ],
    });
    await chooseLocale(page, locale);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, {}, locale);
    await page.evaluate(() => document.activeElement?.blur());
    await page.mouse.move(1, 1);
  }

  /** One per page, and it stays open: what it emulates ends with it. */
  async #client(page) {
    let client = this.#clients.get(page);
    if (!client) this.#clients.set(page, client = await page.createCDPSession());
    return client;
  }

  async #settle(page) {
    await page.evaluate(async (limit) => {
      await document.fonts.ready;
      // All at once: the promise of one that was cancelled in the meantime would never settle.
      const finite = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
      await Promise.allSettled(finite.map(({ finished }) => finished));
      // A picture in its new place, from each camera that gives any; one that stands still may stand still.
      const films = [...document.querySelectorAll('video')].filter((video) => video.checkVisibility() && video.videoWidth > 0);
      const enough = new Promise((resolve) => { setTimeout(resolve, limit); });
      await Promise.race([enough, Promise.all(films.map((video) => new Promise((resolve) => { video.requestVideoFrameCallback(resolve); })))]);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }, await page.$('[data-connection="reconnecting"], [data-connection="lost"]') ? 100 : 15_000);
  }

  async #axe(page, label) {
    await page.evaluate(axeSource);
    const violations = await page.evaluate(async () => (await globalThis.axe.run(document)).violations.map(({ id, help, nodes }) => ({
      id, help, nodes: nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
    })));
    for (const { id, help, nodes } of violations) this.complaints.push(`${label}: axe ${id}: ${help}\n    ${nodes.join('\n    ')}`);
  }

  async #picture(page, label) {
    await mkdir(this.#directory, { recursive: true });
    // Not page.screenshot: that cuts to the size which puppeteer itself thinks the page has.
    const { data } = await (await this.#client(page)).send('Page.captureScreenshot', { format: 'png' });
    await writeFile(path.join(this.#directory, `${label}.png`), shrinkPNG(Buffer.from(data, 'base64')));
  }
}

/** By the page's own switch, in the header or in the menu of the call. */
async function chooseLocale(page, locale) {
  if (await page.evaluate(() => document.documentElement.lang) === locale) return;
  if (await page.$('select[name="language"]')) {
    await page.select('select[name="language"]', locale);
    return;
  }
  // On a phone a panel may lie over the button.
  await page.$eval('[data-control="more"]', (button) => button.click());
  await page.waitForSelector('select[name="call-language"]');
  await page.select('select[name="call-language"]', locale);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('parley-dialog') === null);
}
