// The examples of one thing each, built with the packed npm file and served by another site: devices, the element, a board on a
// channel, files, statistics. Two people use each of them for what it shows.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildExamples } from '../../../../docs/examples.mjs';
import { installPacked } from '../packed.mjs';
import { openSite } from '../site.mjs';
import { until } from '../world.mjs';

export default async function ({ world, kind, open, step }) {
  step('the examples are built with the packed file');
  const folder = path.join(world.directory, `samples-${kind}`);
  await buildExamples(folder, { packed: await installPacked(world), names: ['channel', 'devices', 'element', 'files', 'statistics'] });
  const site = await openSite(world, {}, folder);
  try {
    const ann = await open('Ann');
    const boris = await open('Boris', { person: 'boris' });
    const both = async (name) => {
      const room = `${world.origin}/r/samples-${name}-${kind}`;
      for (const who of [ann, boris]) await who.goto(`${world.elsewhere}/${name}/index.html?room=${encodeURIComponent(room)}`);
    };

    step('devices: a preview, a list and a meter that moves');
    await ann.goto(`${world.elsewhere}/devices/index.html`);
    await ann.click('form button');
    await ann.waitForFunction(() => document.querySelector('video').currentTime > 0);
    await ann.waitForFunction(() => [...document.querySelectorAll('select')].every((select) => select.selectedOptions[0]?.value));
    await ann.waitForFunction(() => document.querySelector('meter').value > 0);
    assert.equal(await problemOf(ann), '');

    step('the element: two meet, and one leaves by its method');
    await both('element');
    for (const who of [ann, boris]) await who.click('#join');
    for (const who of [ann, boris]) {
      await who.waitForFunction(() => document.querySelector('parley-call').call?.peers.size === 1);
      await said(who, 'parley-joined');
    }
    await boris.click('#leave');
    await said(boris, 'parley-left');
    await said(ann, 'parley-peer-left: 0 others');

    step('a channel: what one draws the other sees');
    await both('channel');
    for (const who of [ann, boris]) await who.waitForFunction(() => document.querySelector('#state').textContent.startsWith('1 others'));
    const board = await (await ann.$('canvas')).boundingBox();
    await until('a stroke is there', async () => { // one that is lost is not sent again
      await ann.mouse.move(board.x + 40, board.y + 40);
      await ann.mouse.down();
      await ann.mouse.move(board.x + 120, board.y + 90, { steps: 8 });
      await ann.mouse.up();
      return boris.evaluate(() => {
        const canvas = document.querySelector('canvas');
        return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0);
      });
    });

    step('files: one is offered, accepted and saved');
    await both('files');
    const file = path.join(world.directory, `minutes-${kind}.txt`);
    await writeFile(file, 'Agreed on everything.\n');
    await (await ann.$('input[type="file"]')).uploadFile(file);
    await boris.waitForFunction(() => document.querySelector('#files button')?.textContent === 'Accept');
    await boris.click('#files button');
    await boris.waitForFunction(() => document.querySelector('#files button')?.textContent === 'Save');
    await ann.waitForFunction(() => document.querySelector('#files').textContent.endsWith('done'));
    await boris.click('#files button');
    assert.equal((await world.downloaded(/minutes/)).text, 'Agreed on everything.\n');

    step('statistics: a way, a quality and bytes in both directions');
    await both('statistics');
    await ann.waitForFunction(() => {
      const cells = [...document.querySelectorAll('tbody td')].map((cell) => cell.textContent);
      return cells.length === 6 && cells[1] === 'direct' && cells.slice(3).every((text) => parseFloat(text) >= 0) && parseFloat(cells[4]) > 10 && parseFloat(cells[5]) > 10;
    });
    assert.equal(await problemOf(ann), '');
  } finally {
    await site.close();
  }
}

const problemOf = (page) => page.$eval('#problem', (problem) => problem.textContent);

const said = (page, line) => page.waitForFunction((wanted) => document.querySelector('#log').textContent.includes(wanted), {}, line);
