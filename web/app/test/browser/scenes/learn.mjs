// The lessons of /learn, each while it does what it teaches.
import { until } from '../world.mjs';

export async function lessons(world, look) {
  const browser = await world.browser({ person: 'ann', voice: true, screen: true });
  const page = look.watch(await browser.newPage(), 'learner');
  await page.goto(`${world.origin}/learn`);
  await page.waitForSelector('.lesson-cards a');
  await look.at('learn', page);
  for (const [name, bring] of Object.entries(scenes)) {
    await page.goto(`${world.origin}/learn/${name}`);
    await page.waitForSelector(`[data-lesson="${name}"] .bench .button`);
    await bring(page);
    await look.at(`learn-${name}`, page, { open: () => page.evaluate(() => scrollTo(0, 0)) });
  }
  await browser.close();
  await withoutDevices(world, look);
}

const scenes = {
  async camera(page) {
    await press(page, 'camera.start');
    await plays(page, 'camera');
  },
  async devices(page) {
    await press(page, 'devices.names');
    await page.waitForSelector('.bench-table td');
  },
  async audio(page) {
    await press(page, 'audio.start');
    await holds(page, '[data-readout="dBFS"]', /\d/);
  },
  async screen(page) {
    await press(page, 'screen.share');
    await until('the screen is seen', () => page.$eval('[data-picture="screen"]', (video) => video.videoWidth > 0));
  },
  async recorder(page) {
    await press(page, 'recorder.record');
    await holds(page, '[data-readout="bytes"]', /\d{5}/);
    await press(page, 'stop');
    await page.waitForSelector('[data-link="recorder.save"][href^="blob:"]');
  },
  async connection(page) {
    await press(page, 'connection.all');
    await plays(page, 'remote');
  },
  sdp: (page) => press(page, 'sdp.make'),
  'by-hand': (page) => press(page, 'by-hand.offer'),
  async candidates(page) {
    await press(page, 'candidates.gather');
    await holds(page, '[data-readout="iceGatheringState"]', /complete/);
  },
  async restart(page) {
    await press(page, 'restart.connect');
    await holds(page, '[data-states="connectionState"] [aria-current]', /^connected/);
    await press(page, 'restart.restart');
  },
  async codecs(page) {
    await press(page, 'codecs.start');
    await plays(page, 'remote');
    await holds(page, '[data-plot="outbound-rtp"]', /[1-9]/);
  },
  async channels(page) {
    await press(page, 'channels.measure');
    await page.waitForFunction(() => document.querySelectorAll('.bench-table tbody tr').length === 3);
  },
  async game(page) {
    await press(page, 'game.alone');
    await holds(page, '[data-readout="messages/s"]', /[1-9]/);
  },
  async face(page) {
    await press(page, 'game.alone');
    await holds(page, '[data-readout="received x"]', /\d/);
  },
  async pointer(page) {
    await press(page, 'pointer.share');
    await page.waitForFunction(() => document.querySelector('[name="game.link"]').value !== '');
    for (const [x, y] of [[40, 60], [90, 40], [150, 80]]) await page.click('[data-picture="pointer.board"]', { offset: { x, y } });
  },
};

/** Nothing to see or hear with: a drawn picture and a tone take their place. */
async function withoutDevices(world, look) {
  const browser = await world.browser();
  const page = look.watch(await browser.newPage(), 'bare learner');
  await page.goto(`${world.origin}/learn/connection`);
  await page.waitForSelector('.bench .button');
  await press(page, 'connection.all');
  await plays(page, 'remote');
  await look.at('learn-no-device', page);
  await page.goto(`${world.origin}/learn/no-such-lesson`);
  await page.waitForSelector('.bench-problem');
  await look.at('learn-unknown', page);
  await browser.close();
}

async function press(page, key) {
  await page.bringToFront();
  await page.click(`[data-do="${key}"]`);
  await until(`${key} is done`, () => page.$(`[data-do="${key}"][aria-busy="false"]`));
  await page.bringToFront();
}

function plays(page, picture) {
  return until(`${picture} plays`, () => page.$eval(`[data-picture="${picture}"]`, (video) => video.videoWidth > 0 && video.currentTime > 0.1));
}

function holds(page, selector, pattern) {
  return until(`${selector} holds ${pattern}`, async () => pattern.test((await page.$(selector)) ? await page.$eval(selector, (element) => element.textContent) : ''));
}
