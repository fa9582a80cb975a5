// Two people meet: they see each other, one leaves.
export default async function ({ world, open, step }) {
  const url = `${world.origin}/r/journey-call`;
  step('Ann goes in by the door');
  const ann = await open('Ann');
  await ann.goto(url);
  await ann.waitForSelector('.preview video:not([hidden])');
  await ann.type('#name', 'Ann');
  await ann.click('[data-action="join"]');
  await ann.waitForSelector('[data-phase="call"]');
  step('Boris follows the link');
  const boris = await open('Boris', { person: 'boris' });
  await boris.goto(`${url}?name=Boris&join`);
  for (const page of [ann, boris]) await seesTheOther(page);
  step('Boris leaves');
  await boris.click('[data-control="leave"]');
  await boris.waitForSelector('[data-notice="left"]');
  await ann.waitForFunction(() => document.querySelector('[data-connection]') === null);
}

/** Pictures of the other person are shown here: time goes on only with decoded frames. */
export async function seesTheOther(page) {
  await page.waitForFunction(() => {
    const video = document.querySelector('[data-connection="connected"] video');
    return video && video.videoWidth > 0 && video.currentTime > 0.3;
  });
}
