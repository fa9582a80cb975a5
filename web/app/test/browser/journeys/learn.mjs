// Every lesson of /learn is really done: media flows, candidates come, numbers are measured, games are played.
// PARLEY_LESSONS=audio,game does some of them.
import { until } from '../world.mjs';

const only = process.env.PARLEY_LESSONS?.split(',');

export default async function ({ world, kind, open, step }) {
  // Firefox lets no AudioContext run on a machine without a loudspeaker: this is one that plays to nobody.
  const preferences = { 'media.cubeb.force_mock_context': true };
  const page = await open('learner', { screen: true, preferences });
  const at = (name) => visit(page, `${world.origin}/learn/${name}`, name);
  for (const [name, lesson] of Object.entries(alone)) {
    if (only && !only.includes(name)) continue;
    step(name);
    if (name !== 'index') await at(name);
    await lesson(page, { world, kind });
  }
  if (only && !Object.keys(together).some((name) => only.includes(name))) return;
  const second = await open('partner', { person: 'boris', preferences });
  for (const [name, lesson] of Object.entries(together)) {
    if (only && !only.includes(name)) continue;
    step(name);
    await lesson(world, page, second);
  }
}

const alone = {
  async index(page, { world }) {
    await page.goto(`${world.origin}/learn`);
    await page.waitForSelector('.lesson-cards a');
    await page.click('.lesson-cards a');
    await page.waitForSelector('[data-lesson="camera"] .bench .button');
  },
  async camera(page) {
    await press(page, 'camera.start');
    await plays(page, 'camera');
    await holds(page, '[data-code="getSettings()"]', /"width": \d+/);
    await slide(page, 'width', 320);
    await holds(page, '[data-code="applyConstraints()"]', /"ideal": 320/);
  },
  async devices(page) {
    await press(page, 'devices.names');
    await holds(page, '.bench-table', /videoinput/);
  },
  async audio(page) {
    await press(page, 'audio.start');
    await number(page, '[data-readout="dBFS"]', (value) => value > -70);
  },
  async screen(page, { kind }) {
    await press(page, 'screen.share');
    // A Firefox without a display has no screen, and the lesson says so.
    if (kind === 'firefox') return holds(page, '.bench-problem:not([hidden])', /NotFoundError/);
    // A window in which nothing moves gives one picture and no more.
    await until('the screen is seen', () => page.$eval('[data-picture="screen"]', (video) => video.videoWidth > 0));
    await press(page, 'stop');
  },
  async recorder(page) {
    await press(page, 'recorder.record');
    await number(page, '[data-readout="bytes"]', (value) => value > 20_000);
    await press(page, 'stop');
    await page.waitForSelector('[data-link="recorder.save"][href^="blob:"]');
    await page.$eval('[data-picture="recorder.replay"]', (video) => video.play());
    await plays(page, 'recorder.replay');
  },
  async connection(page, { kind }) {
    await press(page, 'connection.step');
    await press(page, 'connection.all');
    await plays(page, 'remote');
    await holds(page, '[data-readout="a.connectionState"]', /connected/);
    const lines = await page.$$eval('[data-sdp="sdp.offer"] li', (items) => items.map((item) => [item.className, item.textContent]));
    if (lines.length < 50) throw new Error(`only ${lines.length} lines of SDP are explained`);
    const unknown = lines.filter(([name]) => name.includes('unknown'));
    if (unknown.length > 0) throw new Error(`SDP of ${kind} that is not explained: ${unknown.join(' | ')}`);
  },
  async sdp(page) {
    await press(page, 'sdp.make');
    await holds(page, '[data-sdp="sdp.lines"]', /a=simulcast/);
    await page.$eval('textarea', (area) => {
      area.value = 'v=0\na=never-heard-of\nnonsense';
      area.dispatchEvent(new Event('input'));
    });
    await page.waitForFunction(() => document.querySelectorAll('[data-sdp="sdp.lines"] li.unknown').length === 2);
  },
  async candidates(page) {
    await press(page, 'candidates.gather');
    await holds(page, '[data-readout="iceGatheringState"]', /complete/);
    await holds(page, '.bench-table', /host/);
    await holds(page, '.bench-table', /relay.*\d+ = \d+ \| \d+ \| 1/s);
  },
  async restart(page) {
    await press(page, 'restart.connect');
    await state(page, 'connectionState', 'connected');
    await press(page, 'restart.restart');
    await holds(page, '[data-sdp="restart.added"]', /a=ice-ufrag/);
    await state(page, 'connectionState', 'connected');
    await press(page, 'restart.close');
    await state(page, 'signalingState', 'closed');
  },
  async codecs(page) {
    await press(page, 'codecs.start');
    await plays(page, 'remote');
    await number(page, '[data-plot="outbound-rtp"]', (value) => value > 0);
    await page.select('select[name="codecs.codec"]', 'video/VP9');
    await holds(page, '[data-readout="mimeType"]', /VP9/);
    await slide(page, 'scaleResolutionDownBy', 4);
    await page.waitForFunction(() => {
      const [width] = document.querySelector('[data-readout^="frameWidth"]').textContent.split(' ');
      return Number(width) > 0 && Number(width) <= 330;
    });
  },
  async channels(page) {
    await press(page, 'channels.measure');
    await page.waitForFunction(() => document.querySelectorAll('.bench-table tbody tr').length === 3);
    const rows = await page.$$eval('.bench-table tbody tr', (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
    for (const [mode, mbps, sent, received, lost] of rows) {
      if (!(Number(mbps) > 0 && Number(received) > 0 && Number(sent) === Number(received) + Number(lost))) throw new Error(`${mode}: ${rows}`);
      if (mode !== 'lossy' && Number(lost) !== 0) throw new Error(`${mode} lost ${lost}`);
    }
  },
};

const together = { 'by-hand': byHand, game, face, pointer };

async function byHand(world, page, second) {
  for (const one of [page, second]) await visit(one, `${world.origin}/learn/by-hand`, 'by-hand');
  const carry = async (from, to) => {
    await from.waitForFunction(() => document.querySelector('[name="by-hand.mine"]').value !== '');
    const text = await from.$eval('[name="by-hand.mine"]', (area) => area.value);
    await to.$eval('[name="by-hand.theirs"]', (area, value) => { area.value = value; }, text);
    await press(to, 'by-hand.take');
  };
  await second.$eval('[name="by-hand.theirs"]', (area) => { area.value = '{"type":"rubbish"}'; });
  await press(second, 'by-hand.take');
  await second.waitForSelector('.bench-problem:not([hidden])');
  await press(page, 'by-hand.offer');
  await carry(page, second);
  await carry(second, page);
  for (const one of [page, second]) await holds(one, '[data-readout="channel.readyState"]', /open/);
  await page.type('[name="by-hand.text"]', 'carried by hand');
  await press(page, 'send');
  await holds(second, '.bench-log', /← carried by hand/);
}

async function game(world, page, second) {
  await visit(page, `${world.origin}/learn/game`, 'game');
  const paddles = (one) => one.$eval('[data-readout="paddles"]', (value) => value.textContent.split(' · ').map(Number));
  await press(page, 'game.alone');
  await number(page, '[data-readout="messages/s"]', (value) => value > 5);
  await hold(page, 'ArrowDown', async () => (await paddles(page))[1] > 60);

  await visit(page, `${world.origin}/learn/game`, 'game');
  await visit(second, await invite(page), 'game');
  for (const one of [page, second]) await number(one, '[data-readout="messages/s"]', (value) => value > 5);
  // Whichever side each plays: what one does, both see.
  for (const one of [page, second]) {
    const other = one === page ? second : page;
    const before = await paddles(other);
    await hold(one, 'ArrowDown', async () => {
      const now = await paddles(other);
      return now.some((y, side) => y - before[side] > 15);
    });
  }
}

async function face(world, page, second) {
  await visit(page, `${world.origin}/learn/face`, 'face');
  await visit(second, await invite(page), 'face');
  for (const one of [page, second]) {
    await plays(one, 'local');
    await holds(one, '[data-readout="received x"]', /\d/);
  }
  const before = await second.$eval('[data-readout="received x"]', (value) => value.textContent);
  await page.focus('[data-picture="face.board"]');
  await until('the basket of one moves at the other', async () => {
    await page.keyboard.press('ArrowLeft');
    return await second.$eval('[data-readout="received x"]', (value) => value.textContent) !== before;
  });
}

async function pointer(world, page, second) {
  await visit(page, `${world.origin}/learn/pointer`, 'pointer');
  await press(page, 'pointer.share');
  await page.waitForFunction(() => document.querySelector('[name="game.link"]').value !== '');
  await visit(second, await page.$eval('[name="game.link"]', (field) => field.value), 'pointer');
  await plays(second, 'pointer.theirs');
  const click = () => second.click('[data-picture="pointer.theirs"]');
  await until('the pointer is seen', async () => {
    await click();
    return /0\.\d/.test(await page.$eval('[data-readout="pointer"]', (value) => value.textContent));
  });
  const clicks = () => page.$eval('[data-readout="clicks"]', (value) => value.textContent);
  if (await clicks() !== '–') throw new Error('a click counted that was not allowed');
  await page.click('[name="pointer.allow"]');
  await until('a click counts', async () => {
    await click();
    return Number(await clicks()) > 0;
  });
  await press(page, 'stop');
  await second.waitForFunction(() => document.querySelector('[data-picture="pointer.theirs"]').srcObject === null);
}

async function invite(page) {
  await press(page, 'game.friend');
  await page.waitForFunction(() => document.querySelector('[name="game.link"]').value !== '');
  return page.$eval('[name="game.link"]', (field) => field.value);
}

async function visit(page, url, name) {
  await page.goto(url);
  await page.waitForSelector(`[data-lesson="${name}"] .bench .button`);
}

async function press(page, key) {
  await page.bringToFront();
  await page.click(`[data-do="${key}"]`);
  await page.waitForSelector(`[data-do="${key}"][aria-busy="false"]`);
}

/** Holds a key down on the game until something comes true. */
async function hold(page, key, condition) {
  await page.bringToFront();
  await page.focus('[data-picture="game.board"]');
  await page.keyboard.down(key);
  await until(`${key} moves a paddle`, condition);
  await page.keyboard.up(key);
}

function plays(page, picture) {
  return until(`${picture} plays`, () => page.$eval(`[data-picture="${picture}"]`, (video) => video.videoWidth > 0 && video.currentTime > 0.1));
}

async function holds(page, selector, pattern) {
  await until(`${selector} holds ${pattern}`, async () => pattern.test(await page.$eval(selector, (element) => element.textContent)));
}

async function number(page, selector, fine) {
  await until(`${selector} is a good number`, async () => fine(parseFloat((await page.$eval(selector, (element) => element.textContent)).replace(/[\s\u00a0,]/g, ''))));
}

async function state(page, name, wanted) {
  await until(`${name} is ${wanted}`, async () => await page.$eval(`[data-states="${name}"]`, (row) => row.querySelector('[aria-current]')?.textContent) === wanted);
}

async function slide(page, name, value) {
  await page.$eval(`input[name="${name}"]`, (input, wanted) => {
    input.value = String(wanted);
    input.dispatchEvent(new Event('input'));
  }, value);
}
