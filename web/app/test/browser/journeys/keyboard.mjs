// A call by the keyboard alone: what has the focus is seen and named, is met in the order of the screen,
// and comes back to where it was when something closes. Nothing moves where a person wants no motion.
import { until } from '../world.mjs';

export default async function ({ world, kind, open, step }) {
  step('a call is started from the first page');
  const ann = await open('Ann', { preferences: { 'ui.prefersReducedMotion': 1 } });
  if (kind === 'chromium') await ann.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  await ann.goto(`${world.origin}/`);
  await ann.waitForSelector('[data-action="start"]');
  await outline(ann);
  await tabTo(ann, '[data-action="start"]');
  await ann.keyboard.press('Enter');

  step('the door is gone through');
  await ann.waitForSelector('.preview video:not([hidden])');
  await outline(ann);
  await tabTo(ann, '#name');
  await ann.keyboard.type('Ann');
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('[data-phase="call"]');
  await ann.waitForSelector('[data-control="chat"]');

  step('the controls are met from left to right');
  await outline(ann);
  await tabTo(ann, '.controls [data-control="microphone"]');
  await inOrder(ann);

  step('a message is written in the chat, and closing it gives the focus back');
  await tabTo(ann, '[data-control="chat"]', { back: true });
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('#chat-text');
  await until('the field has the focus', () => ann.evaluate(() => document.activeElement.id === 'chat-text'));
  await ann.keyboard.type('By keyboard');
  await ann.keyboard.press('Enter');
  await ann.waitForFunction(() => document.querySelector('.chat-text')?.textContent === 'By keyboard');
  await ann.keyboard.press('Escape');
  await focusIs(ann, '[data-control="chat"]');

  step('settings are a dialog that keeps the focus, and gives it back');
  await tabTo(ann, '[data-control="more"]');
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('parley-dialog .menu');
  await tabTo(ann, 'parley-dialog .menu-item');
  await ann.keyboard.press('Escape');
  await focusIs(ann, '[data-control="more"]');
  await ann.waitForFunction(() => document.querySelector('parley-dialog') === null);
  await ann.keyboard.press('d');
  await ann.waitForSelector('parley-dialog');
  for (let i = 0; i < 40; i++) {
    if (kind === 'firefox' && await ann.evaluate(lastOfDialogHasFocus)) break;
    await ann.keyboard.press('Tab');
    const inside = await ann.evaluate(() => document.activeElement === document.body || document.activeElement.closest('parley-dialog') !== null);
    if (!inside) throw new Error('the focus left the dialog');
  }
  await ann.keyboard.press('Escape');
  await ann.waitForFunction(() => document.querySelector('parley-dialog') === null);
  await focusIs(ann, '[data-control="more"]');

  step('nothing moves');
  const moving = await ann.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running' && a.effect.getComputedTiming().duration > 1)
    .map((a) => `${a.animationName ?? a.transitionProperty} of ${a.effect.target.className}`));
  if (moving.length > 0) throw new Error(moving.join(', '));

  step('the call is left');
  await tabTo(ann, '[data-control="leave"]');
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('[data-notice="left"]');
  await outline(ann);
}

/** Presses Tab, or Shift and Tab, until the element has the focus; on the way everything that has it must be seen and have a name. */
async function tabTo(page, selector, { back = false } = {}) {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate((wanted) => document.activeElement.matches(`${wanted}:focus`), selector)) return;
    if (back) await page.keyboard.down('Shift');
    await page.keyboard.press('Tab');
    if (back) await page.keyboard.up('Shift');
    await isSeen(page);
  }
  throw new Error(`${selector} is not reached by Tab`);
}

/** Runs in the page. Behind that is the browser's own bar. */
function lastOfDialogHasFocus() {
  const all = [...document.querySelectorAll('parley-dialog :is(a[href], button, input, select, textarea)')].filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0);
  return document.activeElement === all.at(-1);
}

/** A ring comes with a transition in some fields. */
async function isSeen(page) {
  let fault = null;
  await until('', async () => {
    fault = await page.evaluate(() => {
      const element = document.activeElement;
      // The browser's own bar has it.
      if (element === document.body || !element.matches(':focus')) return null;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const { width, height } = element.getBoundingClientRect();
      const says = element.outerHTML.slice(0, 120);
      if (width < 1 || height < 1) return `nothing is seen of ${says}`;
      if (element.tagName !== 'VIDEO' && outlineStyle === 'none' && boxShadow === 'none') return `no ring around ${says}`;
      if (outlineStyle !== 'none' && parseFloat(outlineWidth) < 2) return `a thin ring around ${says}`;
      const named = element.ariaLabel || element.getAttribute('aria-labelledby') || element.title || element.textContent.trim() || element.labels?.length;
      return named ? null : `no name for ${says}`;
    });
    return fault === null;
  }, 2000).catch(() => { throw new Error(fault); });
}

async function focusIs(page, selector) {
  await until(`the focus is on ${selector} again`, () => page.evaluate((wanted) => document.activeElement.matches(wanted), selector));
}

/** What a screen reader goes by: one heading of the first level, no level left out, one main part, no order but that of the page. */
async function outline(page) {
  const faults = await page.evaluate(() => {
    const seen = (element) => element.checkVisibility();
    const levels = [...document.querySelectorAll('h1, h2, h3, h4')].filter(seen).map((heading) => Number(heading.tagName[1]));
    return [
      ...(levels.filter((level) => level === 1).length === 1 ? [] : [`${levels.filter((level) => level === 1).length} headings of the first level`]),
      ...levels.flatMap((level, i) => (i > 0 && level > levels[i - 1] + 1 ? [`a heading of level ${level} after one of ${levels[i - 1]}`] : [])),
      ...([...document.querySelectorAll('main')].filter(seen).length === 1 ? [] : ['not one main part']),
      ...[...document.querySelectorAll('[tabindex]')].filter((element) => element.tabIndex > 0).map((element) => `an order of its own: ${element.outerHTML.slice(0, 80)}`),
    ];
  });
  if (faults.length > 0) throw new Error(faults.join('; '));
}

async function inOrder(page) {
  let last = -1;
  while (true) {
    const left = await page.evaluate(() => {
      const element = document.activeElement.closest('.controls [data-control]');
      return element ? element.getBoundingClientRect().left : null;
    });
    if (left === null) return;
    if (left <= last) throw new Error('a control is met out of its order');
    last = left;
    // Behind the last one is the browser's own bar, from which no key that a script presses leads back in Firefox.
    if (await page.evaluate(() => document.activeElement.matches('[data-control="leave"]'))) return;
    await page.keyboard.press('Tab');
  }
}
