// The examples in plain JavaScript, React and Vue, built with the packed npm file and served by another site: two people
// in each see and hear each other, mute, write and leave.
import assert from 'node:assert/strict';
import path from 'node:path';
import { buildExamples } from '../../../../docs/examples.mjs';
import { installPacked } from '../packed.mjs';
import { openSite } from '../site.mjs';

export default async function ({ world, kind, open, step }) {
  step('the examples are built with the packed file');
  const folder = path.join(world.directory, `examples-${kind}`);
  await buildExamples(folder, { packed: await installPacked(world), names: ['vanilla', 'react', 'vue'] });
  const site = await openSite(world, {}, folder);
  try {
    const [ann, boris] = await Promise.all([open('Ann'), open('Boris', { person: 'boris' })]);
    for (const page of [ann, boris]) await page.evaluateOnNewDocument(keepConnections);
    for (const name of ['vanilla', 'react', 'vue']) {
      const room = `${world.origin}/r/examples-${name}-${kind}`;
      const page = `${world.elsewhere}/${name}/index.html?room=${encodeURIComponent(room)}`;
      step(`${name}: two people meet`);
      await Promise.all([enter(ann, page, 'Ann'), enter(boris, page, 'Boris')]);
      await Promise.all([ann, boris].map((who) => who.waitForFunction(seesAndHears, { polling: 200 })));
      assert.equal(await ann.$eval('figure:nth-of-type(2) figcaption', (name) => name.textContent), 'Boris');

      step(`${name}: Boris mutes`);
      await boris.click('#mute');
      await ann.waitForFunction(() => document.querySelector('figure:nth-of-type(2) figcaption').textContent === 'Boris (muted)');

      step(`${name}: Ann writes`);
      await ann.type('#chat input', 'Good morning');
      await ann.keyboard.press('Enter');
      for (const [who, line] of [[ann, 'You: Good morning'], [boris, 'Ann: Good morning']]) {
        await who.waitForFunction((wanted) => document.querySelector('#messages').textContent.trim() === wanted, {}, line);
      }

      step(`${name}: Boris leaves`);
      await boris.click('#leave');
      await boris.waitForFunction(() => document.querySelector('#entry')?.checkVisibility() && !document.querySelector('video')?.checkVisibility());
      await ann.waitForFunction(() => document.querySelectorAll('figure').length === 1);

      step(`${name}: what went wrong is told`);
      await enter(boris, `${world.elsewhere}/${name}/index.html?room=${encodeURIComponent(`${world.origin}/elsewhere`)}`, 'Boris');
      await boris.waitForFunction(() => document.querySelector('#problem').textContent !== '');
      assert.equal(await ann.$eval('#problem', (problem) => problem.textContent), '');
    }
  } finally {
    await site.close();
  }
}

async function enter(who, page, name) {
  await who.goto(page);
  await who.waitForSelector('#entry input[name="name"]');
  await who.type('#entry input[name="name"]', name);
  await who.click('#entry button');
}

/** In the page, before its own scripts: keeps the connections, whose statistics tell what is heard. */
function keepConnections() {
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration);
      globalThis.connections.push(this);
    }
  };
}

/** In the page: the other's picture moves and its sound is not silence. */
async function seesAndHears() {
  const [, film] = document.querySelectorAll('figure video');
  if (!film || film.videoWidth === 0 || film.currentTime === 0) return false;
  const reports = await Promise.all(globalThis.connections.map((connection) => connection.getStats()));
  const inbound = reports.flatMap((report) => [...report.values()]).filter(({ type }) => type === 'inbound-rtp');
  return inbound.some(({ kind, framesDecoded }) => kind === 'video' && framesDecoded > 10)
    && inbound.some(({ kind, totalAudioEnergy }) => kind === 'audio' && totalAudioEnergy > 0);
}
