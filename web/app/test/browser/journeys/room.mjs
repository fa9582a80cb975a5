// A host has a room of her own: a lobby, a password, invites, and a word to say about those inside.
import { seesTheOther } from './call.mjs';

export default async function ({ world, open, step }) {
  step('Ann begins a room and is its host');
  const ann = await open('Ann');
  await ann.goto(world.origin);
  await ann.click('[data-action="start"]');
  await ann.waitForSelector('#name');
  await ann.type('#name', 'Ann');
  await ann.click('[data-action="join"]');
  await ann.waitForSelector('[data-phase="call"]');
  await ann.waitForSelector('[data-control="host"]');
  const room = new URL(ann.url()).pathname;
  const [{ hostKey }] = await ann.evaluate(() => JSON.parse(localStorage.getItem('parley-host-keys')));
  if (hostKey.length < 22) throw new Error(`a host key of ${hostKey.length} signs`);
  if (ann.url().includes(hostKey) || ann.url().includes('#')) throw new Error('the address bar shows more than the room');

  const boris = await open('Boris', { person: 'boris' });
  const door = async (page, name) => {
    await page.goto(`${world.origin}${room}?name=${name}`);
    await page.waitForSelector('[data-action="join"]');
    await page.click('[data-action="join"]');
  };

  step('Boris waits in the lobby, and goes away again');
  await set(ann, 'lobby', true);
  await door(boris, 'Boris');
  await boris.waitForSelector('parley-lobby');
  await ann.waitForSelector('[data-knock]');
  await heard(ann, 'Boris wants to come in');
  await boris.click('[data-action="stop-waiting"]');
  await boris.waitForSelector('[data-action="join"]');
  await ann.waitForFunction(() => document.querySelector('[data-knock]') === null);
  step('Boris is turned away');
  await boris.click('[data-action="join"]');
  await click(ann, '[data-action="deny"]');
  await boris.waitForSelector('[data-notice="denied"]');
  step('Boris asks again and is let in');
  await boris.click('[data-action="again"]');
  await click(ann, '[data-action="admit"]');
  for (const page of [ann, boris]) await seesTheOther(page);
  await set(ann, 'lobby', false);

  step('Ann mutes Boris and stops his camera');
  await ann.keyboard.press('p');
  for (const [action, said] of [['mute', 'Ann muted you'], ['stop-camera', 'Ann switched your camera off']]) {
    await click(ann, '.person [data-menu]');
    await click(ann, `dialog [data-action="${action}"]`);
    await says(boris, said);
  }
  await boris.waitForSelector('[data-control="microphone"].off');
  await boris.waitForSelector('[data-control="camera"].off');

  step('Chen has to know the password');
  await openHost(ann);
  await ann.type('[name="new-password"]', 'harbour');
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('[data-action="remove-password"]');
  await closeDialog(ann);
  const chen = await boris.browser().newPage();
  await door(chen, 'Chen');
  await chen.waitForFunction(() => document.activeElement?.id === 'password');
  await chen.keyboard.type('lighthouse');
  await chen.keyboard.press('Enter');
  await chen.waitForSelector('#password[aria-invalid="true"]');
  await chen.waitForFunction(() => document.activeElement?.id === 'password' && document.querySelector('.field-error').textContent.includes('not the password'));
  // The camera goes on over it.
  await chen.waitForSelector('.preview video:not([hidden])');
  await chen.keyboard.type('harbour');
  await chen.keyboard.press('Enter');
  await chen.waitForSelector('[data-phase="call"]');

  step('Ann removes Chen and locks the room');
  await ann.waitForFunction(() => document.querySelectorAll('.person').length === 3);
  await click(ann, '.person:nth-child(3) [data-menu]');
  await click(ann, 'dialog [data-action="remove"]');
  await click(ann, 'dialog [name="lock"]');
  await click(ann, 'dialog [data-action="confirm"]');
  await chen.waitForSelector('[data-notice="removed"]');
  await door(chen, 'Chen');
  await chen.waitForSelector('[data-notice="locked"]');
  await set(ann, 'lock', false);
  await openHost(ann);
  await click(ann, '[data-action="remove-password"]');
  await ann.waitForFunction(() => document.querySelector('[data-action="remove-password"]') === null);
  await closeDialog(ann);

  step('only invited people come in');
  await set(ann, 'invited', true);
  await door(chen, 'Chen');
  await chen.waitForSelector('[data-notice="invite-required"]');
  await click(ann, '.people-invite [data-action="share"]');
  await ann.waitForSelector('.share-body[data-valid="86400"][aria-busy="false"] .qr path');
  await ann.select('#share-valid', '3600');
  await ann.waitForFunction(() => document.querySelector('[data-valid]')?.dataset.valid === '3600' && document.querySelector('#share-link').value.includes('#invite='));
  const link = await ann.$eval('#share-link', (field) => field.value);
  if (link.includes(hostKey)) throw new Error('the invite holds the host key');
  const mail = await ann.$eval('[data-action="mail"]', (a) => decodeURIComponent(a.href));
  if (!mail.includes(link)) throw new Error(`the mail lacks the link: ${mail}`);
  await closeDialog(ann);
  await chen.goto(link);
  await chen.waitForSelector('[data-action="join"]');
  if (chen.url().includes('invite')) throw new Error('the invite stays in the address bar');
  // It is still there after a reload.
  await chen.reload();
  await chen.waitForSelector('[data-action="join"]');
  await chen.click('[data-action="join"]');
  await chen.waitForSelector('[data-phase="call"]');
  await chen.click('[data-control="leave"]');
  await chen.waitForSelector('[data-notice="left"]');

  step('an invite that is none');
  const [head, claims, signature] = link.split('#invite=')[1].split('.');
  const forged = [head, claims, [...signature].reverse().join('')].join('.');
  await chen.goto('about:blank');
  await chen.goto(`${world.origin}${room}#invite=${forged}`);
  await chen.waitForSelector('[data-action="join"]');
  await chen.click('[data-action="join"]');
  await chen.waitForSelector('[data-notice="invite-expired"]');

  step('Boris becomes a host and ends the call for all');
  await click(ann, '.person [data-menu]');
  await click(ann, 'dialog [data-action="make-host"]');
  await says(boris, 'You are a host now');
  await openHost(boris);
  await click(boris, 'dialog [data-action="end-all"]');
  await click(boris, 'dialog [data-action="confirm"]');
  for (const page of [ann, boris]) await page.waitForSelector('[data-notice="ended"]');
}

/** Clicks in the page itself: what lies over it, like a toast, does not matter here. */
export async function click(page, selector) {
  const element = await page.waitForSelector(selector);
  await element.evaluate((button) => button.click());
}

export async function openHost(page) {
  await click(page, '[data-control="host"]');
  await page.waitForSelector('dialog[data-dialog="host"]');
}

export async function closeDialog(page) {
  await click(page, 'dialog .panel-header button');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
}

/** Switches something of the room, and waits for the server to have done so. */
export async function set(page, name, on) {
  await openHost(page);
  await page.waitForFunction((n, wanted) => document.querySelector(`[name="${n}"]`)?.checked !== wanted, {}, name, on);
  await click(page, `[name="${name}"]`);
  await page.waitForFunction((n, wanted) => document.querySelector(`[name="${n}"]`)?.dataset.on === String(wanted), {}, name, on);
  await closeDialog(page);
}

export function says(page, text) {
  return page.waitForFunction((wanted) => [...document.querySelectorAll('.toast')].some((toast) => toast.textContent.includes(wanted)), {}, text);
}

function heard(page, text) {
  return page.waitForFunction((wanted) => document.querySelector('[data-live]').textContent.includes(wanted), {}, text);
}
