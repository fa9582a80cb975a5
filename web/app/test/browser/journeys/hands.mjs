// Hands go up in order and come down again; reactions fly over whoever sends them.
import { click, says } from './room.mjs';

export default async function ({ world, open, step }) {
  step('Ann and Boris meet');
  const ann = await open('Ann');
  await ann.goto(world.origin);
  await ann.click('[data-action="start"]');
  await ann.waitForSelector('[data-action="join"]');
  await ann.type('#name', 'Ann');
  await ann.click('[data-action="join"]');
  await ann.waitForSelector('[data-phase="call"]');
  const boris = await open('Boris', { person: 'boris' });
  await boris.goto(`${ann.url()}?name=Boris&join`);
  for (const page of [ann, boris]) await page.waitForSelector('[data-connection="connected"]');

  step('Boris raises his hand, then Ann hers');
  await boris.keyboard.press('h');
  await ann.waitForSelector('[data-connection] [data-hand="1"]');
  await says(ann, 'Boris raised a hand');
  await boris.waitForSelector('[data-control="hand"][aria-pressed="true"]');
  await ann.keyboard.press('h');
  for (const page of [ann, boris]) await page.waitForSelector('[data-hand="2"]');
  await ann.keyboard.press('p');
  await ann.waitForFunction(() => [...document.querySelectorAll('.hand-name')].map((name) => name.textContent).join() === 'Boris,You');
  step('Ann lowers the hand of Boris');
  await click(ann, '.hands [data-lower]:not([data-lower="self"])');
  await says(boris, 'Ann lowered your hand');
  await boris.waitForSelector('[data-control="hand"][aria-pressed="false"]');
  await boris.waitForSelector('[data-connection] [data-hand="1"]');
  step('Ann lowers all hands');
  await boris.keyboard.press('h');
  await ann.waitForSelector('[data-hands="2"]');
  await click(ann, '[data-action="lower-all"]');
  for (const page of [ann, boris]) await page.waitForFunction(() => document.querySelector('[data-hand]') === null);

  step('Boris applauds by keyboard');
  await boris.keyboard.press('r');
  await boris.waitForFunction(() => document.activeElement?.dataset.react === 'thumbs-up');
  await boris.keyboard.press('ArrowRight');
  await boris.keyboard.press('Enter');
  await ann.waitForSelector('[data-connection] [data-reaction="applause"]');
  await boris.waitForSelector('.tile.self [data-reaction="applause"]');
  await ann.waitForFunction(() => document.querySelector('[data-live]').textContent === 'Boris: Applause');
  step('too many at once stay here');
  await boris.evaluate(() => { for (let n = 0; n < 12; n++) document.querySelector('[data-react="heart"]').click(); });
  await says(boris, 'That was fast');
  const own = await boris.$$eval('.tile.self [data-reaction="heart"]', (hearts) => hearts.length);
  if (own < 1 || own > 6) throw new Error(`${own} hearts flew`);
  await ann.waitForSelector('[data-connection] [data-reaction="heart"]');
  step('they come down, and the tray closes');
  await boris.keyboard.press('Escape');
  await boris.waitForFunction(() => document.querySelector('.reaction-tray') === null && document.activeElement?.dataset.control === 'react');
  for (const page of [ann, boris]) await page.waitForFunction(() => document.querySelector('[data-reaction]') === null);
}
