// The connection test runs by itself, ends with one verdict, and is saved and copied: once with everything
// open, from the door too, and once with a server whose UDP nobody reaches.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../world.mjs';

export default async function ({ world, kind, open, step }) {
  step('the test runs by itself');
  const page = await open('Ann');
  if (kind === 'chromium') await downloadsTo(page, world.directory);
  const blocked = await world.serverBehindFirewall();
  await page.goto(`${world.origin}/check`);
  // Firefox lets nobody listen to a microphone before a click.
  await page.waitForSelector('[data-state="running"]');
  await page.click('.check-page h1');
  expect(await verdict(page), 'well all-good');
  const good = kind === 'chromium'
    ? ['browser', 'secure', 'codecs', 'signaling', 'stun', 'direct', 'turn-udp', 'turn-tcp', 'camera', 'microphone']
    : ['browser', 'secure', 'codecs', 'signaling', 'stun', 'direct', 'turn-udp', 'turn-tcp', 'camera'];
  const states = await statesOf(page);
  for (const name of good) expect(`${name} ${states[name]}`, `${name} good`);
  expect(states['turn-tls'], 'skipped');
  expect(states.speaker, 'waiting');
  step('the speaker is heard');
  await page.click('[data-action="chime"]');
  await (await page.waitForSelector('[data-action="heard"]')).click();
  await page.waitForSelector('[data-step="speaker"][data-state="good"]');
  if (kind === 'chromium') {
    step('the report is saved, without addresses');
    const report = await saved(page, world.directory);
    expect(report.format, 'parley-check/1');
    expect(report.verdict.level, 'well');
    expect(report.results.families.addresses.length, 0);
    if (/credential|username/.test(JSON.stringify(report))) throw new Error('there is a credential in the report');
  }
  step('UDP is blocked');
  if (kind === 'chromium') await page.browser().defaultBrowserContext().overridePermissions(blocked, ['camera', 'microphone']);
  await page.goto(`${blocked}/check`);
  expect(await verdict(page), 'relayed udp-blocked');
  const behind = await statesOf(page);
  expect(`${behind.stun} ${behind['turn-udp']} ${behind['turn-tcp']}`, 'bad bad good');
  const advice = await page.$eval('.check-open', (list) => list.textContent);
  if (!advice.includes('UDP') || !advice.includes(new URL(blocked).port)) throw new Error(`the advice is ${advice}`);
  step('the test opens at the door');
  await page.goto(`${world.origin}/r/journey-check`);
  await (await page.waitForSelector('[data-action="check"]')).click();
  await page.waitForSelector('dialog[open] parley-check-run [data-state="running"]');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('parley-check-run') === null);
}

async function downloadsTo(page, directory) {
  const client = await page.browser().target().createCDPSession();
  await client.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: directory });
}

async function saved(page, directory) {
  await page.click('[data-action="save-report"]');
  const name = await until('the report is saved', async () => (await readdir(directory)).find((file) => /^parley-check.*\.json$/.test(file)));
  return JSON.parse(await readFile(path.join(directory, name), 'utf8'));
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
