// Every page and state of the app, brought about for real: by the server, by other browsers, by
// permissions and missing devices.
import { until } from '../world.mjs';

const room = 'k3vq-9xwd-mm2t-7hcp';

export async function pagesWithoutDevices(world, look) {
  const browser = await world.browser();
  const page = look.watch(await browser.newPage(), 'bare');
  await page.goto(world.origin);
  await look.at('home', page);
  await look.at('home-wrong-code', page, {
    open: async () => {
      await page.type('#code', 'https://example.org/elsewhere');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('#code').getAttribute('aria-invalid') === 'true');
    },
    close: () => page.$eval('#code', (field) => {
      field.value = '';
      field.dispatchEvent(new Event('input'));
    }),
  });
  await page.goto(`${world.origin}/r/no%20such%20room!`);
  await look.at('unknown-link', page);
  await page.goto(`${world.origin}/r/${room}`);
  await page.waitForSelector('.help-card');
  await look.at('prejoin-no-device', page);

  const insecure = look.watch(await browser.newPage(), 'insecure');
  // A name that is not the machine's own, over HTTP: what a person sees who forgot the "s".
  await insecure.goto(`http://parley.test:${world.port}/r/${room}`);
  await look.at('insecure-origin', insecure);

  const old = look.watch(await browser.newPage(), 'old');
  await old.evaluateOnNewDocument(() => delete RTCPeerConnection.prototype.restartIce);
  await old.goto(`${world.origin}/r/${room}`);
  await look.at('browser-too-old', old);
  await browser.close();
}

export async function prejoinStates(world, look) {
  const ready = await world.browser({ person: 'ann', voice: true });
  const page = look.watch(await ready.newPage(), 'prejoin');
  await page.goto(`${world.origin}/r/${room}`);
  await page.waitForSelector('.preview video:not([hidden])');
  await page.type('#name', 'Ann');
  await until('the level moves', () => page.$('parley-level.heard'));
  await look.at('prejoin', page);
  await page.click('[data-control="camera"]');
  await page.click('[data-control="microphone"]');
  await page.waitForSelector('.preview-off .avatar');
  await look.at('prejoin-all-off', page);
  await ready.close();

  const refused = await world.browser({ person: 'ann', refused: true });
  const denied = look.watch(await refused.newPage(), 'denied');
  await denied.goto(`${world.origin}/r/${room}`);
  await denied.waitForSelector('.help-card');
  await look.at('prejoin-permission-refused', denied);
  await refused.close();

  const taken = await world.browser({ person: 'ann' });
  const busy = look.watch(await taken.newPage(), 'gone camera');
  await busy.goto(`${world.origin}/r/${room}`);
  await busy.waitForSelector('.preview video:not([hidden])');
  await busy.click('[data-control="camera"]');
  await busy.waitForSelector('.preview-off .avatar');
  // A camera whose film is gone is an unplugged one.
  await world.hideFilm('ann');
  await busy.click('[data-control="camera"]');
  await busy.waitForSelector('.help-card');
  await world.showFilm('ann');
  await look.at('prejoin-camera-gone', busy);
  await taken.close();
}

export async function callStates(world, look) {
  const people = {};
  const enter = async (name, options = {}) => {
    const browser = await world.browser({ person: name.toLowerCase(), ...options });
    const page = look.watch(await browser.newPage(), name);
    await page.goto(`${world.origin}/r/${room}?name=${name}&join`);
    await page.waitForSelector('[data-phase="call"]');
    people[name] = { browser, page };
    return page;
  };
  const connected = (page, count) => page.waitForFunction((n) => {
    const tiles = [...document.querySelectorAll('[data-connection="connected"]')];
    return tiles.length === n && tiles.every((tile) => tile.querySelector('video').videoWidth > 0);
  }, {}, count);

  const ann = await enter('Ann');
  await ann.waitForSelector('.tile.self video:not([hidden])');
  await look.at('call-waiting', ann);
  const boris = await enter('Boris', { voice: true, screen: true });
  await connected(ann, 1);
  await ann.waitForSelector('.tile.speaking');
  await until('the pictures are sharp', () => ann.$eval('[data-connection] video', (video) => video.videoWidth >= 700));
  await look.at('call-two', ann);
  await ann.$eval('[data-connection] video', (video) => {
    globalThis.restarts = 0;
    video.addEventListener('emptied', () => { globalThis.restarts++; });
  });
  await panels(look, ann, boris);
  const restarts = await ann.evaluate(() => globalThis.restarts);
  if (restarts > 0) look.complaints.push(`a picture began anew ${restarts} times while nothing about it changed`);
  await dialogs(look, ann);
  await devicesOff(look, ann, boris);
  await screenShare(look, ann, boris);
  await enter('Chen');
  await connected(ann, 2);
  await look.at('call-three', ann);
  await enter('Dana');
  await connected(ann, 3);
  await look.at('call-four', ann);
  await fullRoom(world, look);
  for (const name of ['Chen', 'Dana']) {
    await people[name].page.click('[data-control="leave"]');
    await people[name].page.waitForSelector('[data-notice="left"]');
    await people[name].browser.close();
  }
  await ann.waitForFunction(() => document.querySelectorAll('[data-connection]').length === 1);
  await troubles(world, look, people);
  await ann.click('[data-control="leave"]');
  await ann.waitForSelector('[data-notice="left"]');
  await look.at('left', ann);
  await ann.goto(world.origin);
  await look.at('home-recent', ann);
  await boris.click('[data-control="leave"]');
  return { ann, people };
}

async function panels(look, ann, boris) {
  await boris.bringToFront();
  await boris.keyboard.press('c');
  await boris.waitForSelector('#chat-text');
  for (const text of ['Hello Ann! Can you hear me?', 'The plan is at https://example.org/plan']) {
    await boris.type('#chat-text', text);
    await boris.keyboard.press('Enter');
  }
  await ann.bringToFront();
  await ann.waitForSelector('[data-control="chat"] .control-count');
  await look.at('call-unread', ann);
  await ann.keyboard.press('c');
  await ann.type('#chat-text', 'Loud and clear. I am reading it now.');
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('.chat-entry.mine');
  await look.at('call-chat', ann);
  await ann.keyboard.press('Escape');
  await ann.keyboard.press('p');
  await look.at('call-people', ann);
  await ann.keyboard.press('Escape');
  await ann.keyboard.press('i');
  await ann.waitForSelector('.plot canvas');
  await ann.waitForSelector('.pair code');
  await look.at('call-connection', ann);
  await ann.keyboard.press('Escape');
  await ann.waitForSelector('.panel', { hidden: true });
}

async function dialogs(look, ann) {
  for (const name of ['devices', 'help', 'more']) {
    await look.at(`call-${name}`, ann, {
      open: async () => {
        if (name === 'more') await ann.click('[data-control="more"]');
        else await ann.keyboard.press(name === 'devices' ? 'd' : '?');
        await ann.waitForSelector(`dialog[data-dialog="${name}"]`);
      },
      close: async () => {
        await ann.keyboard.press('Escape');
        await ann.waitForFunction(() => document.querySelector('parley-dialog') === null);
      },
    });
  }
}

async function devicesOff(look, ann, boris) {
  await ann.keyboard.press('m');
  await ann.keyboard.press('v');
  await boris.bringToFront();
  await boris.keyboard.press('Escape');
  await boris.keyboard.press('m');
  await boris.keyboard.press('v');
  await ann.bringToFront();
  await ann.waitForFunction(() => document.querySelector('[data-connection] .tile-muted') && document.querySelector('[data-connection] .avatar'));
  await look.at('call-cameras-off', ann);
  for (const page of [ann, boris]) {
    await page.bringToFront();
    await page.keyboard.press('m');
    await page.keyboard.press('v');
  }
}

async function screenShare(look, ann, boris) {
  await boris.bringToFront();
  await boris.keyboard.press('s');
  await ann.bringToFront();
  await until('the screen is seen', () => ann.evaluate(() => (document.querySelector('.tile.screen video')?.videoWidth ?? 0) > 0));
  await look.at('call-screen', ann);
  // Boris has not touched his page since it was loaded, so his browser holds back the sound of others.
  await look.at('call-sharing', boris);
  await boris.click('.tile-sharing');
  await ann.bringToFront();
  await ann.waitForFunction(() => document.querySelector('.tile.screen') === null);
}

async function fullRoom(world, look) {
  const browser = await world.browser();
  const page = look.watch(await browser.newPage(), 'fifth');
  await page.goto(`${world.origin}/r/${room}?name=Eve&join`);
  await page.waitForSelector('[data-notice="room-full"]');
  await look.at('room-full', page);
  await browser.close();
}

async function troubles(world, look, { Ann: { page: ann }, Boris: { browser } }) {
  await ann.waitForFunction(() => document.querySelector('.toast') === null);
  // All of Boris's browser stands still: neither media nor signaling comes from it.
  const group = -browser.process().pid;
  const back = async () => {
    process.kill(group, 'SIGCONT');
    await ann.waitForSelector('[data-connection="connected"]');
  };
  await look.at('call-peer-lost', ann, {
    open: async () => {
      process.kill(group, 'SIGSTOP');
      await ann.waitForSelector('[data-connection="lost"]');
    },
    close: back,
  });
  look.tolerate(/WebSocket connection|ERR_CONNECTION_REFUSED/);
  // With the server silent too nobody can say that he is away: it may as well be the network.
  await look.at('call-peer-reconnecting', ann, {
    open: async () => {
      world.pauseServer();
      process.kill(group, 'SIGSTOP');
      await ann.waitForSelector('[data-connection="reconnecting"]');
    },
    close: async () => {
      world.resumeServer();
      await back();
      // Both have their signaling again too.
      await ann.waitForFunction(() => document.querySelector('.tile-chip') === null);
    },
  });
  await world.stopServer();
  await ann.waitForSelector('.tile.self .tile-chip');
  await look.at('call-server-away', ann);
  await world.startServer();
  await ann.waitForFunction(() => document.querySelector('.tile.self .tile-chip') === null);
  look.tolerate(null);
}

export async function relayedCall(world, look) {
  // No UDP outside of a proxy: all that is left is the relay, over TCP.
  const extra = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];
  const pages = [];
  for (const name of ['Chen', 'Dana']) {
    const browser = await world.browser({ person: name.toLowerCase(), voice: true, extra });
    const page = look.watch(await browser.newPage(), `${name}, relayed`);
    await page.goto(`${world.origin}/r/relayed-room?name=${name}&join`);
    await page.waitForSelector('[data-phase="call"]');
    pages.push({ browser, page });
  }
  const [{ page }] = pages;
  await page.waitForSelector('[data-connection="connected"] [data-badge="relay"]');
  await page.keyboard.press('i');
  await page.waitForSelector('.plot canvas');
  await page.waitForSelector('.pair code');
  await look.at('call-relayed', page);
  for (const { browser } of pages) await browser.close();
}

export async function serverTroubles(world, look) {
  const browser = await world.browser({ person: 'ann' });
  const page = look.watch(await browser.newPage(), 'gone');
  await page.goto(`${world.origin}/r/${room}`);
  await page.type('#name', 'Ann');
  // Both languages are here before the server stands still, those of what is loaded late too.
  await page.waitForNetworkIdle();
  for (const locale of ['ru', 'en']) {
    await page.select('select[name="language"]', locale);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, {}, locale);
  }
  look.tolerate(/WebSocket connection|ERR_CONNECTION_REFUSED/);
  world.pauseServer();
  await page.click('[data-action="join"]');
  await page.waitForSelector('[data-phase="joining"]');
  await look.at('call-joining', page);
  await world.stopServer();
  await page.waitForSelector('[data-notice="server-gone"]');
  await look.at('server-gone', page);
  await world.startServer();
  look.tolerate(null);
  await browser.close();
}
