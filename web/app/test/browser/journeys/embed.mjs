// A page of another site gets a call by one tag, by the element from the packed npm file, and by three lines of code with it.
import assert from 'node:assert/strict';
import esbuild from 'esbuild';
import { installPacked } from '../packed.mjs';
import { html, openSite } from '../site.mjs';

export default async function ({ world, kind, open, step }) {
  step('the package is packed and installed');
  const packed = await installPacked(world);
  const room = `journey-embed-${kind}`;
  const url = `${world.origin}/r/${room}`;
  const site = await openSite(world, {
    '/tag': html(`<script type="module" src="${world.origin}/sdk.js?room=${room}&name=Ann&autojoin"></script>`),
    '/element': html(`<script type="module" src="/element.js"></script><parley-call room="${url}" name="Boris" lang="en"></parley-call>`),
    '/element.js': await bundle(packed, "import '@parley/client/element';"),
    '/lines': html('<video autoplay playsinline muted></video><script type="module" src="/lines.js"></script>'),
    '/lines.js': await bundle(packed, `
      import { join } from '@parley/client';
      const call = await join('${url}', { name: 'Chen' });
      call.on('tracks-changed', ({ peer }) => { document.querySelector('video').srcObject = peer.stream; });
      globalThis.call = call;`),
  });
  try {
    step('one tag');
    const ann = await open('Ann');
    await ann.goto(`${world.elsewhere}/tag`);
    await ann.waitForFunction(() => document.querySelector('parley-call')?.call);

    step('the element of the packed file');
    const boris = await open('Boris', { person: 'boris' });
    await boris.goto(`${world.elsewhere}/element`);
    await boris.evaluate(() => {
      globalThis.events = [];
      for (const type of ['parley-joined', 'parley-peer-left', 'parley-left', 'parley-error']) {
        document.addEventListener(type, ({ detail }) => globalThis.events.push([type, detail.reason ?? detail.error?.message ?? '']));
      }
      document.querySelector('parley-call').shadowRoot.querySelector('.message button').click();
    });
    for (const page of [ann, boris]) await page.waitForFunction(seesInElement, {}, 1);
    // The way is read from the statistics, once a second.
    await boris.waitForFunction(() => document.querySelector('parley-call').shadowRoot.querySelector('[part="badge"]').dataset.path === 'direct');

    step('its controls');
    const press = (name) => boris.$eval('parley-call', (element, part) => element.shadowRoot.querySelector(`[part~="${part}"]`).click(), `button-${name}`);
    await press('camera');
    await ann.waitForFunction(() => [...document.querySelector('parley-call').call.peers.values()][0].media.camera === false);
    await press('microphone');
    await ann.waitForFunction(() => [...document.querySelector('parley-call').call.peers.values()][0].media.microphone === false);
    await press('camera');
    await ann.waitForFunction(() => [...document.querySelector('parley-call').call.peers.values()][0].media.camera);

    step('three lines');
    const chen = await open('Chen', { person: 'chen' });
    await chen.goto(`${world.elsewhere}/lines`);
    await chen.waitForFunction(() => globalThis.call?.peers.size === 2 && document.querySelector('video').srcObject && document.querySelector('video').currentTime > 0);

    step('Boris leaves');
    await press('leave');
    await boris.waitForFunction(() => globalThis.events.some(([type]) => type === 'parley-left'));
    assert.deepEqual(await boris.evaluate(() => globalThis.events.filter(([type]) => type !== 'parley-joined')), [['parley-left', 'left']]);
    await ann.waitForFunction(() => document.querySelector('parley-call').call.peers.size === 1);
  } finally {
    await site.close();
  }
}

/** In the page: `count` other people's pictures run in the element. */
function seesInElement(count) {
  const tiles = [...document.querySelector('parley-call').shadowRoot.querySelectorAll('[data-connection="connected"] video')];
  return tiles.length === count && tiles.every((video) => video.videoWidth > 0 && video.currentTime > 0.2);
}

async function bundle(folder, code) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: code, resolveDir: folder }, bundle: true, format: 'esm', target: 'es2022', write: false, logLevel: 'warning',
  });
  return outputFiles[0].text;
}
