// Two people talk; one watches the call live in another tab, saves a report of it, and opens that at /internals.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../world.mjs';
import { seesTheOther } from './call.mjs';

const room = 'journey-inside-k7';

export default async function ({ world, open, step }) {
  const url = `${world.origin}/r/${room}`;
  step('two people meet');
  const ann = await open('Ann');
  await ann.goto(`${url}?name=Ann&join`);
  await ann.waitForSelector('[data-phase="call"]');
  const boris = await open('Boris', { person: 'boris' });
  await boris.goto(`${url}?name=Boris&join`);
  for (const page of [ann, boris]) await seesTheOther(page);
  step('the call is watched from another tab');
  const inside = await ann.browser().newPage();
  inside.setDefaultTimeout(60_000);
  const errors = [];
  inside.on('pageerror', (error) => errors.push(error));
  await inside.goto(`${world.origin}/internals`);
  await (await inside.waitForSelector('[data-action="watch-call"]')).click();
  await inside.waitForSelector('.dump[data-live="live"] [data-path="direct"]');
  await samples(inside, 2);
  const before = await count(inside, '[data-samples]', 'samples');
  await samples(inside, before + 2);
  step('the path changes while it is watched');
  // Whoever leads looks for another path.
  for (const page of [ann, boris]) await page.evaluate(() => dispatchEvent(new Event('online')));
  await until('new descriptions are seen live', async () => (await inside.$$('select[name="description"] option')).length > 2);
  step('a report is saved');
  await ann.bringToFront();
  await ann.click('[data-control="more"]');
  await (await ann.waitForSelector('[data-item="report"]')).click();
  await (await ann.waitForSelector('[data-action="save-diagnostics"]')).click();
  const { file, text } = await world.downloaded(/^parley-internals-.*\.json$/);
  const report = JSON.parse(text);
  holdsNoSecrets(text);
  const types = new Set(report.events.map(({ type }) => type));
  for (const type of ['created', 'setLocalDescription', 'setRemoteDescription', 'icecandidate', 'addIceCandidate', 'connectionstatechange', 'signal-in', 'signal-out']) {
    if (!types.has(type)) throw new Error(`the report says nothing of ${type}`);
  }
  step('the call ends while it is watched');
  await ann.click('[data-control="leave"]');
  await inside.bringToFront();
  await inside.waitForSelector('.dump[data-live="ended"]');
  await inside.click('[data-action="close-report"]');
  step('what is no report is refused');
  const bad = path.join(world.directory, 'bad.json');
  for (const [content, pattern] of [['{"format":', /JSON/], ['{"a": 1}', /report/], [JSON.stringify({ ...report, events: [{}] }), /events\[0\]/]]) {
    await writeFile(bad, content);
    await (await inside.$('input[name="report"]')).uploadFile(bad);
    await inside.waitForFunction((source) => new RegExp(source).test(document.querySelector('.internals-bad')?.textContent ?? ''), {}, pattern.source);
  }
  step('the report is opened again');
  await (await inside.$('input[name="report"]')).uploadFile(file);
  await inside.waitForSelector('.dump[data-live="no"] [data-path="direct"]');
  await samples(inside, before);
  await inside.waitForSelector('.plots canvas');
  const events = report.events.filter(({ connection }) => connection === 1).length;
  await until('all events of the connection are there', async () => await count(inside, '[data-events]', 'events') === events);
  await inside.waitForSelector('.dump-pairs .used');
  step('descriptions are compared');
  const [, changes] = await inside.$$('.dump-sdp-tools .dump-choice button');
  const last = (await inside.$$('select[name="description"] option')).length - 1;
  await inside.$eval('select[name="description"]', (select, index) => {
    select.selectedIndex = index;
    select.dispatchEvent(new Event('change'));
  }, last);
  await changes.click();
  await inside.waitForFunction(() => /ice-ufrag/.test(document.querySelector('.dump-lines .added')?.parentElement.textContent ?? ''));
  step('events are filtered');
  await inside.type('input[name="filter"]', 'connectionstatechange');
  await inside.waitForFunction(() => [...document.querySelectorAll('[data-event]')].every(({ dataset }) => dataset.event.endsWith('connectionstatechange')));
  if (errors.length > 0) throw errors[0];
}

function samples(page, least) {
  return until(`there are ${least} samples`, async () => await count(page, '[data-samples]', 'samples') >= least);
}

function count(page, selector, name) {
  return page.$eval(selector, (element, key) => Number(element.dataset[key]), name);
}

/** What lets others take part in the call, or use its relay. */
function holdsNoSecrets(text) {
  const secrets = [/ice-pwd:(?!removed)/, /"credential":"(?!removed)/, /"username":"(?!removed)/, new RegExp(room), /secret|hostKey|host_key/];
  for (const secret of secrets) if (secret.test(text)) throw new Error(`the report holds ${secret}`);
}
