// The call in a small window, where the browser has one, with its controls; captions by a recogniser that
// is put in for the browser's own, which needs a service that no test machine has.
import { seesTheOther } from './call.mjs';
import { closeDialog, openSettings, shortcut } from './devices.mjs';

export default async function ({ world, open, step }) {
  const url = `${world.origin}/r/journey-pip`;
  step('Ann and Boris meet');
  const ann = await open('Ann');
  await ann.evaluateOnNewDocument(putInRecogniser);
  await ann.goto(`${url}?name=Ann&join`);
  const boris = await open('Boris', { person: 'boris' });
  await boris.goto(`${url}?name=Boris&join`);
  for (const page of [ann, boris]) await seesTheOther(page);

  if (await ann.evaluate(() => 'documentPictureInPicture' in globalThis)) await smallWindow(ann, boris, step);
  else {
    step('an older Firefox says where its own button is');
    await shortcut(ann, 'w');
    await ann.waitForFunction(() => /Firefox/.test(document.querySelector('.toast')?.textContent ?? ''));
  }

  step('Ann captions what she says, once she knows who hears it');
  await openSettings(ann, 'captions');
  await ann.click('[name="captions-mine"]');
  await ann.waitForSelector('[data-captions="asking"]');
  await ann.click('[data-action="captions-agree"]');
  await ann.waitForSelector('[data-captions="on"]');
  await closeDialog(ann);
  await shortcut(boris, 't');
  await ann.evaluate(() => globalThis.recogniser.hear('The boats leave at nine', true));
  await boris.waitForFunction(() => /Ann.*The boats leave at nine/s.test(document.querySelector('.captions')?.textContent ?? ''));
  step('what she says while muted stays with her');
  await shortcut(ann, 'm');
  await boris.waitForSelector('[data-connection] .tile-muted');
  await ann.evaluate(() => globalThis.recogniser.hear('This is private', true));
  await shortcut(ann, 'm');
  await boris.waitForFunction(() => document.querySelector('[data-connection] .tile-muted') === null);
  await ann.evaluate(() => globalThis.recogniser.hear('And back at five', true));
  await boris.waitForFunction(() => {
    const text = document.querySelector('.captions')?.textContent ?? '';
    if (text.includes('private')) throw new Error('a muted person was captioned');
    return text.includes('And back at five');
  });
}

async function smallWindow(ann, boris, step) {
  step('the small window shows all, and has controls');
  await shortcut(ann, 'w');
  const inside = (look, ...values) => ann.waitForFunction(look, {}, ...values);
  await inside(() => {
    const page = globalThis.documentPictureInPicture.window?.document;
    const videos = [...page?.querySelectorAll('[data-pip] video') ?? []];
    return videos.length === 2 && videos.every((video) => video.videoWidth > 0) && page.styleSheets.length > 0;
  });
  await ann.evaluate(() => globalThis.documentPictureInPicture.window.document.querySelector('[data-control="microphone"]').click());
  await boris.waitForSelector('[data-connection] .tile-muted');
  await ann.evaluate(() => globalThis.documentPictureInPicture.window.document.querySelector('[data-control="camera"]').click());
  await boris.waitForSelector('[data-connection] .avatar');
  await inside(() => globalThis.documentPictureInPicture.window.document.querySelector('[data-pip="self"] .avatar') !== null);
  for (const name of ['microphone', 'camera']) {
    await ann.evaluate((control) => globalThis.documentPictureInPicture.window.document.querySelector(`[data-control="${control}"]`).click(), name);
  }
  await seesTheOther(boris);
  step('it closes');
  await shortcut(ann, 'w');
  await inside(() => globalThis.documentPictureInPicture.window === null);
}

/** Runs in the page, before anything else does. */
export function putInRecogniser() {
  class Recogniser {
    count = 0;
    constructor() { globalThis.recogniser = this; }
    start() { this.count = 0; }
    abort() {}
    hear(transcript, isFinal) {
      const results = Array.from({ length: ++this.count }, () => ({ isFinal, length: 1, 0: { transcript } }));
      this.onresult?.({ resultIndex: this.count - 1, results });
    }
  }
  globalThis.SpeechRecognition = Recogniser;
}
