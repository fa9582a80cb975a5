// The app can be installed, starts without a network, and takes what is shared with it.
import assert from 'node:assert/strict';
import { until } from '../world.mjs';

export default async function ({ world, kind, open, step }) {
  const tolerate = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|can.t establish a connection|Failed to load|NetworkError/;
  const page = await open('Ann', { tolerate });
  step('the service worker takes over');
  await page.goto(world.origin);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);

  if (kind === 'chromium') {
    step('it can be installed');
    const client = await page.createCDPSession();
    const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
  }

  step('another app shares files');
  await page.evaluate(async () => {
    const form = new FormData();
    form.append('files', new File(['one'], 'first file.txt', { type: 'text/plain' }));
    form.append('files', new File(['two'], 'ü.bin'));
    await fetch('/share', { method: 'POST', body: form });
  });
  const kept = await page.evaluate(async () => {
    const cache = await caches.open('parley-shared');
    const responses = await Promise.all((await cache.keys()).map((request) => cache.match(request)));
    return Promise.all(responses.map(async (response) => [decodeURIComponent(response.headers.get('x-name')), await response.text()]));
  });
  assert.deepEqual(kept, [['first file.txt', 'one'], ['ü.bin', 'two']]);

  step('the server is gone');
  await world.stopServer();
  try {
    await page.goto(world.origin);
    await page.waitForSelector('[data-action="start"]');
    await page.goto(`${world.origin}/r/offline-room`);
    await page.waitForSelector('[data-action="join"]');
    await page.click('[data-action="join"]');
    await page.waitForSelector('[data-notice="server-gone"]');
  } finally {
    await world.startServer();
  }
  step('the server is back');
  await until('the room is entered', async () => {
    await page.$eval('[data-notice] button', (button) => button.click()).catch(() => undefined);
    return page.$('[data-phase="call"]');
  });
}
