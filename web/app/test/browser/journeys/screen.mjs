// Two people show their screens at the same time, with sound, to a third in the browser of the journey, who pins one; the keys
// of a headset; a screen that stays on. Those who show are in Chromium: a Firefox without a display has no screen to show.
import { until } from '../world.mjs';
import { shortcut } from './devices.mjs';

export default async function ({ world, kind, open, step }) {
  const url = `${world.origin}/r/journey-screen`;
  step('three meet');
  const chen = await open('Chen', { person: 'chen' });
  await chen.evaluateOnNewDocument(keepTrack);
  await chen.goto(`${url}?name=Chen&join`);
  const ann = await open('Ann', { kind: 'chromium', screen: true });
  const boris = await open('Boris', { kind: 'chromium', person: 'boris', screen: true });
  for (const [page, name] of [[ann, 'Ann'], [boris, 'Boris']]) await page.goto(`${url}?name=${name}&join`);
  await chen.waitForFunction(() => document.querySelectorAll('[data-connection="connected"]').length === 2);

  step('both show their screens');
  for (const page of [ann, boris]) {
    await shortcut(page, 's');
    await page.waitForSelector('.tile-sharing');
  }
  await chen.bringToFront();
  await until('both screens are seen', () => chen.evaluate(() => {
    const videos = [...document.querySelectorAll('.tile.screen video')];
    return videos.length === 2 && videos.every((video) => video.videoWidth > 0 && video.currentTime > 0.3);
  }));
  const heard = await chen.evaluate(() => [...document.querySelectorAll('video, audio')].flatMap(({ srcObject }) => srcObject?.getAudioTracks() ?? []).filter(({ kind }) => kind === 'audio').length);
  if (heard < 4) throw new Error(`${heard} tracks of sound: two voices and two screens were shared`);

  step('one of them is pinned');
  await chen.$eval('.tile.screen .pin', (button) => button.click());
  await chen.waitForFunction(() => {
    const area = (tile) => tile.getBoundingClientRect().width * tile.getBoundingClientRect().height;
    const pinned = document.querySelector('.pin[aria-pressed="true"]')?.closest('.tile');
    return pinned && [...document.querySelectorAll('.tile')].every((tile) => tile === pinned || area(tile) < area(pinned));
  });

  step('one ends, and the other stays');
  await ann.bringToFront();
  await ann.click('.tile-sharing');
  await chen.bringToFront();
  await chen.waitForFunction(() => document.querySelectorAll('.tile.screen').length === 1);
  await boris.bringToFront();
  await boris.click('.tile-sharing');
  await chen.bringToFront();
  await chen.waitForFunction(() => document.querySelector('.tile.screen') === null);

  // Firefox knows no actions of calls.
  if (kind === 'chromium') {
    step('a key of a headset mutes');
    await chen.evaluate(() => globalThis.kept.actions.togglemicrophone());
    await ann.waitForSelector('[data-connection] .tile-muted');
    await chen.evaluate(() => globalThis.kept.actions.togglemicrophone());
    await ann.waitForFunction(() => document.querySelector('[data-connection] .tile-muted') === null);
  }

  step('the screen stays on until the call is left');
  if (!await chen.evaluate(() => globalThis.kept.locks.some((lock) => !lock.released))) throw new Error('nothing keeps the screen on');
  if (kind === 'chromium') await chen.evaluate(() => globalThis.kept.actions.hangup());
  else await chen.click('[data-control="leave"]');
  await chen.waitForSelector('[data-notice="left"]');
  await chen.waitForFunction(() => globalThis.kept.locks.every((lock) => lock.released));
}

/** Runs in the page, before anything else does: what the page asked the browser for. */
function keepTrack() {
  const kept = { actions: {}, locks: [] };
  globalThis.kept = kept;
  const { setActionHandler } = MediaSession.prototype;
  MediaSession.prototype.setActionHandler = function keep(action, handler) {
    setActionHandler.call(this, action, handler);
    kept.actions[action] = handler;
  };
  const { request } = WakeLock.prototype;
  WakeLock.prototype.request = async function keep(...args) {
    const lock = await request.apply(this, args);
    kept.locks.push(lock);
    return lock;
  };
}
