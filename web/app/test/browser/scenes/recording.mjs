// Recording: asked before, seen by all, found again after a page that closed too early.
import { act, begin, recorded } from '../journeys/recording.mjs';

const path = '/r/harbour-studio';

export async function recordingStates(world, look) {
  const enter = async (person, name) => {
    const browser = await world.browser({ person, voice: person === 'boris' });
    const page = look.watch(await browser.newPage(), name);
    await page.goto(`${world.origin}${path}?name=${name}&join`);
    await page.waitForSelector('[data-phase="call"]');
    return page;
  };
  const [ann, boris] = [await enter('ann', 'Ann'), await enter('boris', 'Boris')];
  for (const page of [ann, boris]) await page.waitForSelector('[data-connection="connected"]');

  await look.at('call-record', ann, {
    open: async () => {
      await ann.keyboard.press('e');
      await ann.waitForSelector('dialog [data-action="record"]');
    },
    close: async () => {
      await ann.keyboard.press('Escape');
      await ann.waitForFunction(() => document.querySelector('parley-dialog') === null);
    },
  });
  await begin(ann);
  await recorded(ann, 2);
  await look.at('call-recording', ann);
  await boris.waitForSelector('[data-banner="recording"]');
  await look.at('call-recorded', boris);
  await broken(ann, look);
  await found(world, ann, look);
  for (const page of [ann, boris]) await page.browser().close();
}

/** The browser itself ends it: of a canvas that is no more there is nothing to record. */
async function broken(ann, look) {
  await act(ann, 'stop');
  await ann.waitForFunction(() => document.querySelector('parley-recording') === null);
  await ann.evaluate(() => {
    const { start } = MediaRecorder.prototype;
    MediaRecorder.prototype.start = function (...parts) {
      globalThis.stopAll = () => this.stream.getTracks().forEach((track) => track.stop());
      start.apply(this, parts);
    };
  });
  await begin(ann);
  await recorded(ann, 2);
  await ann.evaluate(() => globalThis.stopAll());
  await ann.waitForSelector('[data-banner="recording-problem"] [data-action="save"]');
  await ann.waitForFunction(() => document.querySelector('.toast') === null);
  await look.at('call-recording-failed', ann);
}

async function found(world, ann, look) {
  await ann.goto(`${world.origin}${path}`);
  await ann.waitForSelector('.prejoin [data-recording]');
  await ann.waitForSelector('.preview video:not([hidden])');
  await look.at('prejoin-recording-found', ann, { open: () => ann.$eval('[data-recording]', (line) => line.scrollIntoView({ block: 'center' })) });
}
