// Hosts, the door with its lobby and password, invites, hands and reactions.
import { click, closeDialog, openHost, set } from '../journeys/room.mjs';

const path = '/r/harbour-club';

export async function roomStates(world, look) {
  const enter = async (person, name, options = {}) => {
    const browser = await world.browser({ person, ...options });
    const page = look.watch(await browser.newPage(), name);
    await page.goto(`${world.origin}${path}?name=${name}`);
    await page.waitForSelector('.preview video:not([hidden])');
    await click(page, '[data-action="join"]');
    return page;
  };
  const ann = await enter('ann', 'Ann');
  await ann.waitForSelector('[data-control="host"]');
  await look.at('call-host-controls', ann, { open: () => openHost(ann), close: () => closeDialog(ann) });
  const boris = await door(ann, look, enter);
  const dana = await knocks(ann, boris, look, enter);
  await inside(ann, boris, look);
  await turnedAway(world, look, ann, dana);
  await openHost(ann);
  await click(ann, '[data-action="end-all"]');
  await click(ann, '[data-action="confirm"]');
  await boris.waitForSelector('[data-notice="ended"]');
  await look.at('ended', boris);
  for (const page of [ann, boris, dana]) await page.browser().close();
}

async function door(ann, look, enter) {
  await set(ann, 'lobby', true);
  await openHost(ann);
  await ann.type('[name="new-password"]', 'harbour');
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('[data-action="remove-password"]');
  await closeDialog(ann);
  const boris = await enter('boris', 'Boris', { voice: true });
  await boris.waitForSelector('#password');
  await look.at('prejoin-password', boris);
  await boris.type('#password', 'lighthouse');
  await boris.keyboard.press('Enter');
  await boris.waitForSelector('#password[aria-invalid="true"]');
  await look.at('prejoin-password-wrong', boris);
  await knock(boris);
  await look.at('lobby-waiting', boris);
  return boris;
}

async function knock(page) {
  await page.$eval('#password', (field) => { field.value = 'harbour'; });
  await click(page, '[data-action="join"]');
  await page.waitForSelector('parley-lobby');
}

async function knocks(ann, boris, look, enter) {
  const dana = await enter('dana', 'Dana');
  await dana.waitForSelector('#password');
  await knock(dana);
  await ann.waitForSelector('[data-knocks="2"]');
  await look.at('call-knock', ann);
  await click(ann, '[data-knock] [data-action="admit"]');
  await ann.waitForSelector('[data-connection="connected"]');
  await boris.waitForSelector('[data-connection="connected"]');
  await click(ann, '[data-knock] [data-action="deny"]');
  await dana.waitForSelector('[data-notice="denied"]');
  await look.at('denied', dana);
  await click(dana, '[data-action="again"]');
  await dana.waitForSelector('#password');
  await knock(dana);
  await ann.waitForSelector('[data-knock]');
  return dana;
}

async function inside(ann, boris, look) {
  for (const page of [boris, ann]) {
    await page.bringToFront();
    await page.keyboard.press('h');
    await page.waitForSelector('[data-control="hand"][aria-pressed="true"]');
  }
  await ann.keyboard.press('p');
  await ann.waitForSelector('[data-hands="2"]');
  await look.at('call-people-host', ann);
  await ann.keyboard.press('Escape');
  await click(ann, '[data-knock] [data-action="admit"]');
  await ann.waitForFunction(() => document.querySelectorAll('[data-connection="connected"]').length === 2);
  await ann.waitForFunction(() => document.querySelector('.toast') === null);
  await look.at('call-hands', ann);
  const menu = async () => {
    await click(ann, '.tile [data-menu]');
    await ann.waitForSelector('dialog[data-dialog="person-acts"]');
  };
  await look.at('call-person-menu', ann, { open: menu, close: () => closeDialog(ann) });
  await look.at('call-remove', ann, {
    open: async () => {
      await menu();
      await click(ann, '[data-action="remove"]');
      await ann.waitForSelector('dialog[data-dialog="remove"]');
    },
    close: () => closeDialog(ann),
  });
  await look.at('call-invite', ann, {
    open: async () => {
      await ann.evaluate(() => document.querySelector('[data-control="more"]').click());
      await click(ann, 'dialog [data-item="share"]');
      await ann.waitForSelector('.qr path');
      await ann.select('#share-valid', '86400');
      await ann.waitForFunction(() => document.querySelector('#share-link').value.includes('#invite='));
    },
    close: () => closeDialog(ann),
  });
  await look.at('call-reactions', ann, {
    open: async () => {
      await ann.keyboard.press('r');
      for (const page of [boris, ann]) await page.evaluate(react);
      await ann.waitForFunction(() => document.querySelectorAll('[data-reaction]').length >= 2);
    },
    close: async () => {
      for (const page of [boris, ann]) await page.evaluate(() => clearInterval(globalThis.reacting));
      await ann.keyboard.press('r');
      await ann.waitForFunction(() => document.querySelector('.reaction-tray') === null);
    },
  });
}

/** In the page: some of each, again and again, for as long as the picture takes. */
function react() {
  let n = 0;
  const once = () => {
    if (!document.querySelector('[data-react]')) document.querySelector('[data-control="react"]').click();
    const buttons = document.querySelectorAll('[data-react]');
    buttons[n++ % buttons.length]?.click();
  };
  once();
  globalThis.reacting = setInterval(once, 700);
}

async function turnedAway(world, look, ann, dana) {
  await click(ann, '[data-connection]:not(.screen)[aria-label="Dana"] [data-menu]');
  await click(ann, 'dialog [data-action="remove"]');
  await click(ann, 'dialog [name="lock"]');
  await click(ann, 'dialog [data-action="confirm"]');
  await dana.waitForSelector('[data-notice="removed"]');
  await look.at('removed', dana);
  const come = async (hash, notice) => {
    await dana.goto('about:blank');
    await dana.goto(`${world.origin}${path}?name=Dana${hash}`);
    await click(dana, '[data-action="join"]');
    await dana.waitForSelector(`[data-notice="${notice}"]`);
    await look.at(notice, dana);
  };
  await come('', 'locked');
  await set(ann, 'lock', false);
  await set(ann, 'lobby', false);
  await set(ann, 'invited', true);
  await openHost(ann);
  await click(ann, '[data-action="remove-password"]');
  await ann.waitForFunction(() => document.querySelector('[data-action="remove-password"]') === null);
  await closeDialog(ann);
  await come('', 'invite-required');
  await come('#invite=eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoiaGFyYm91ci1jbHViIn0.c2ln', 'invite-expired');
}
