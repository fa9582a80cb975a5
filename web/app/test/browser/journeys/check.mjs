// The connection test runs by itself, ends with one verdict and a report to save: once on its own page with everything
// open, and once at the door, of a server whose UDP nobody reaches.
export default async function ({ world, kind, open, step }) {
  step('the test runs by itself');
  // Firefox lets no AudioContext run on a machine without a loudspeaker: this is one that plays to nobody.
  const page = await open('Ann', { preferences: { 'media.cubeb.force_mock_context': true } });
  const blocked = await world.serverBehindFirewall();
  await page.goto(`${world.origin}/check`);
  // Firefox lets nobody listen to a microphone before a click.
  await page.waitForSelector('[data-state="running"]');
  await page.click('.check-page h1');
  expect(await verdict(page), 'well all-good');
  const good = ['browser', 'secure', 'codecs', 'signaling', 'stun', 'direct', 'turn-udp', 'turn-tcp', 'camera', 'microphone'];
  const states = await statesOf(page);
  for (const name of good) expect(`${name} ${states[name]}`, `${name} good`);
  expect(states['turn-tls'], 'skipped');
  expect(states.speaker, 'waiting');
  step('the speaker is heard');
  await page.click('[data-action="chime"]');
  await (await page.waitForSelector('[data-action="heard"]')).click();
  await page.waitForSelector('[data-step="speaker"][data-state="good"]');
  step('the report is saved, without addresses');
  await page.click('[data-action="save-report"]');
  const report = JSON.parse((await world.downloaded(/^parley-check-.*\.json$/)).text);
  expect(`${report.format} ${report.verdict.level}`, 'parley-check/1 well');
  expect(report.results.speaker.heard, true);
  expect(report.results.families.addresses.length, 0);
  if (!(report.results.relays.udp.carried.throughputBps > 0)) throw new Error('nothing is said of what the relay carries');
  if (/credential|username/.test(JSON.stringify(report))) throw new Error('there is a credential in the report');
  step('at the door, where UDP is blocked');
  if (kind === 'chromium') await page.browser().defaultBrowserContext().overridePermissions(blocked, ['camera', 'microphone']);
  await page.goto(`${blocked}/r/journey-check`);
  await page.waitForSelector('[data-action="check"]');
  // The door is drawn anew as it learns of the devices: a button that was found may be gone.
  await page.$eval('[data-action="check"]', (button) => button.click());
  await page.waitForSelector('dialog[open] parley-check-run [data-state="running"]');
  expect(await verdict(page), 'relayed udp-blocked');
  const behind = await statesOf(page);
  expect(`${behind.stun} ${behind['turn-udp']} ${behind['turn-tcp']}`, 'bad bad good');
  const advice = await page.$eval('.check-open', (list) => list.textContent);
  if (!advice.includes('UDP') || !advice.includes(new URL(blocked).port)) throw new Error(`the advice is ${advice}`);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('parley-check-run') === null);
}

async function verdict(page) {
  await page.waitForSelector('.checkup[data-verdict]');
  return page.$eval('.checkup', (element) => element.dataset.verdict);
}

function statesOf(page) {
  return page.$$eval('[data-step]', (all) => Object.fromEntries(all.map(({ dataset }) => [dataset.step, dataset.state])));
}

function expect(found, wanted) {
  if (found !== wanted) throw new Error(`found "${found}" instead of "${wanted}"`);
}
