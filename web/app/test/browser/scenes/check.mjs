// The connection test in each of its ends, and the pictures of where to allow a device, as each browser gets them.
import { until } from '../world.mjs';

const room = 'k3vq-9xwd-mm2t-7hcp';

export async function checkStates(world, look) {
  const browser = await world.browser({ person: 'ann', voice: true });
  const page = look.watch(await browser.newPage(), 'check');
  await page.goto(`${world.origin}/check`);
  await look.at('check-running', page, {
    open: async () => {
      await page.goto(`${world.origin}/check`);
      await page.waitForSelector('[data-step="turn-udp"][data-state="running"]');
    },
  });
  await finished(page);
  await look.at('check-good', page, { open: () => page.$eval('details', (details) => { details.open = true; }) });
  await page.goto(`${world.origin}/r/${room}`);
  await look.at('check-at-the-door', page, {
    open: async () => {
      await (await page.waitForSelector('[data-action="check"]')).click();
      await page.waitForSelector('dialog[open] [data-verdict]');
    },
    close: async () => {
      await page.keyboard.press('Escape');
      await until('the test is closed', async () => (await page.$('parley-check-run')) === null);
    },
  });
  const blocked = await world.serverBehindFirewall();
  await browser.defaultBrowserContext().overridePermissions(blocked, ['camera', 'microphone']);
  await page.goto(`${blocked}/check`);
  await finished(page);
  await look.at('check-udp-blocked', page);
  await browser.close();

  const bare = await world.browser();
  const lonely = look.watch(await bare.newPage(), 'no devices');
  await lonely.goto(`${world.origin}/check`);
  await finished(lonely);
  await look.at('check-no-devices', lonely, { open: () => lonely.evaluate(() => scrollTo(0, document.body.scrollHeight)) });
  await bare.close();

  const strict = await world.browser({ extra: ['--webrtc-ip-handling-policy=disable_non_proxied_udp'] });
  const shut = look.watch(await strict.newPage(), 'no UDP');
  await shut.goto(`${world.origin}/check`);
  await finished(shut);
  await look.at('check-udp-forbidden', shut);
  await strict.close();
}

const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const agents = {
  chrome: `${windows} ${webkit} Chrome/141.0.0.0 Safari/537.36`,
  edge: `${windows} ${webkit} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`,
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari: `${mac} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15`,
  android: `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/141.0.0.0 Mobile Safari/537.36`,
  ios: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
};

export async function permissionPictures(world, look) {
  const browser = await world.browser({ person: 'ann', refused: true });
  for (const [name, agent] of Object.entries(agents)) {
    const page = look.watch(await browser.newPage(), name);
    await page.setUserAgent({ userAgent: agent });
    await page.goto(`${world.origin}/r/${room}`);
    await page.waitForSelector(`[data-guide="${name}"]`);
    await look.at(`guide-${name}`, page, {
      open: async () => {
        await page.$eval('.guide-more', (details) => { details.open = true; }).catch(() => undefined);
        await page.$eval('.help-card', (card) => card.scrollIntoView());
      },
    });
    await page.close();
  }
  await browser.close();
}

function finished(page) {
  return page.waitForSelector('.checkup[data-verdict]');
}
