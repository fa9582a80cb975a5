// Devices: tests at the door, a silent microphone, talking while muted, push to talk, sound switches,
// limits of what is sent and received, and a permission that is taken back and given again.
import { until } from '../world.mjs';
import { seesTheOther } from './call.mjs';

const room = 'journey-devices';

export default async function ({ world, kind, open, step }) {
  const url = `${world.origin}/r/${room}`;
  step('Ann tests speaker and microphone at the door');
  const ann = await open('Ann');
  await ann.goto(url);
  await ann.waitForSelector('.preview video:not([hidden])');
  await testSound(ann, 'speaker', ['playing', 'idle']);
  await testSound(ann, 'microphone', ['recording', 'playing', 'idle']);
  step('both devices off and on again with one question');
  for (const device of ['microphone', 'camera']) await ann.click(`.preview [data-control="${device}"]`);
  // A muted microphone is off for others, but open: only what is closed has to be asked for.
  await ann.waitForSelector('[data-action="both"]');
  await ann.click('[data-action="both"]');
  await ann.waitForSelector('.preview video:not([hidden])');
  await ann.type('#name', 'Ann');
  await ann.click('[data-action="join"]');
  await ann.waitForSelector('[data-phase="call"]');

  step('Boris comes in, and both see each other');
  const boris = await open('Boris', { person: 'boris' });
  await boris.goto(`${url}?name=Boris&join`);
  for (const page of [ann, boris]) await seesTheOther(page);

  step('talking while muted is noticed');
  await shortcut(ann, 'm');
  await ann.waitForSelector('[data-banner="talking-muted"]');
  await ann.click('[data-banner="talking-muted"] .button');
  await ann.waitForFunction(() => document.querySelector('[data-banner="talking-muted"]') === null);

  step('the sound of the microphone is switched live');
  await openSettings(ann, 'sound');
  // The microphone that Firefox makes up has nothing to clean.
  const cleans = (await soundOf(ann)).echoCancellation;
  if (kind === 'chromium' && !cleans) throw new Error('the sound is not cleaned from the start');
  await ann.click('[name="original"]');
  await until('nothing is done to the sound any more', () => soundOf(ann).then((s) => s.echoCancellation === false && s.noiseSuppression === false));
  await ann.click('[name="original"]');
  await until('the sound is cleaned again', () => soundOf(ann).then((s) => s.echoCancellation === cleans));
  step('push to talk');
  await ann.focus('[name="push"]');
  await ann.keyboard.press(' ');
  await ann.waitForSelector('[name="push"]:checked');
  await closeDialog(ann);
  await ann.waitForSelector('[data-control="microphone"].off');
  await pushToTalk(ann, boris);

  step('Boris asks for less, and Ann sends less');
  await openSettings(boris, 'video');
  await boris.select('[name="receive-height"]', '180');
  await until('the picture that Boris gets is small', () => boris.$eval('[data-connection] video', (video) => Math.min(video.videoWidth, video.videoHeight) <= 180));
  await boris.select('[name="receive-height"]', '0');
  await until('it is large again', () => boris.$eval('[data-connection] video', (video) => Math.min(video.videoWidth, video.videoHeight) > 180));
  step('sound only');
  await boris.click('[name="audio-only"]');
  await boris.waitForFunction(() => document.querySelector('[data-connection] .avatar') && document.querySelector('.tile.self .avatar'));
  await ann.waitForFunction(() => document.querySelector('[data-connection] .avatar'));
  await boris.click('[name="audio-only"]');
  await boris.waitForFunction(() => !document.querySelector('[data-connection] .avatar'));
  await seesTheOther(boris);
  step('another codec, live');
  await boris.select('[name="codec"]', 'video/VP9');
  await closeDialog(boris);
  await shortcut(boris, 'i');
  await boris.waitForFunction(() => (document.querySelector('.panel')?.textContent.match(/VP9/g) ?? []).length >= 2);

  if (kind === 'chromium') {
    await permissionTakenBack(world, ann, step);
    await silentMicrophone({ open, step, url: `${world.origin}/r/${room}-silent` });
  }
}

async function testSound(page, name, states) {
  await page.click(`[data-test="${name}"]`);
  for (const state of states) await page.waitForFunction((wanted) => document.querySelector('[data-testing]').dataset.testing === wanted, {}, state);
}

export async function shortcut(page, key) {
  await page.bringToFront();
  await page.keyboard.press(key);
}

export async function openSettings(page, part) {
  await shortcut(page, 'd');
  await page.waitForSelector(`[data-settings="${part}"]`);
  await page.$eval(`[data-settings="${part}"]`, (details) => { details.open = true; });
}

export async function closeDialog(page) {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('parley-dialog') === null);
}

function soundOf(page) {
  return page.evaluate(() => document.querySelector('.tile.self video').srcObject.getAudioTracks()[0].getSettings());
}

async function pushToTalk(ann, boris) {
  await ann.bringToFront();
  await ann.evaluate(() => document.activeElement?.blur());
  await ann.keyboard.down(' ');
  await ann.waitForSelector('[data-control="talk"][aria-pressed="true"]');
  await boris.waitForFunction(() => document.querySelector('[data-connection] .tile-muted') === null);
  await ann.keyboard.up(' ');
  await ann.waitForSelector('[data-control="talk"][aria-pressed="false"]');
  await boris.waitForFunction(() => document.querySelector('[data-connection] .tile-muted') !== null);
  // Whoever goes to another window while the key is down does not go on talking.
  await ann.keyboard.down(' ');
  await ann.waitForSelector('[data-control="talk"][aria-pressed="true"]');
  await ann.evaluate(() => dispatchEvent(new Event('blur')));
  await ann.waitForSelector('[data-control="talk"][aria-pressed="false"]');
  await ann.keyboard.up(' ');
}

async function permissionTakenBack(world, ann, step) {
  step('the permission for the camera is taken back, and given again');
  const set = (state) => ann.browser().defaultBrowserContext().setPermission(world.origin, { permission: { name: 'camera' }, state });
  await set('denied');
  await ann.waitForSelector('.tile.self .avatar');
  await set('granted');
  await ann.waitForSelector('.tile.self video:not([hidden])');
}

async function silentMicrophone({ open, step, url }) {
  step('a microphone that gives nothing is noticed');
  const page = await open('Chen', { person: 'chen', voice: 'none' });
  await page.goto(url);
  await page.waitForSelector('.door-devices [data-banner="silent"]');
  await page.click('[data-action="join"]');
  await page.waitForSelector('.banners [data-banner="silent"]');
  await page.click('.banners [data-banner="silent"] .icon-button');
  await page.waitForFunction(() => document.querySelector('[data-banner="silent"]') === null);
}
