// The chat at length: what was said before one came, answers, Markdown, changes, what is for one person alone.
import { click } from '../journeys/room.mjs';

const path = '/r/harbour-chat';

export async function chatStates(world, look) {
  const enter = async (name) => {
    const browser = await world.browser({ person: name.toLowerCase() });
    const page = look.watch(await browser.newPage(), name);
    await page.goto(`${world.origin}${path}?name=${name}&join`);
    await page.waitForSelector('[data-control="chat"]');
    await click(page, '[data-control="chat"]');
    await page.waitForSelector('#chat-text');
    return page;
  };
  const ann = await enter('Ann');
  await write(ann, 'Good morning! The plan of the harbour is at https://example.org/plan');
  await write(ann, '**Today:**\n- the new quay\n- the crane by `12:00`');
  const boris = await enter('Boris');
  await boris.waitForSelector('.chat-entry.earlier');
  await act(boris, 'answer');
  await write(boris, 'The crane comes at ~~noon~~ two, they say.');
  await ann.waitForSelector('.chat-quote');
  await write(ann, 'Then we begin with the quay.');
  await edit(ann, 'Then we begin with the quay, and have time for a coffee.');
  await boris.waitForSelector('.chat-edited');
  await write(ann, 'Wrong window');
  await boris.waitForFunction(() => document.querySelectorAll('.chat-text').length === 5);
  await act(ann, 'delete');
  await boris.waitForSelector('.chat-deleted');
  await boris.keyboard.press('Escape');
  await boris.waitForSelector('.panel', { hidden: true });
  await boris.keyboard.press('p');
  await click(boris, '[data-action="write-to"]');
  await boris.waitForSelector('#chat-text');
  await write(boris, 'Between us: the crane is late again.');
  await ann.waitForSelector('.chat-entry.private');
  await look.at('call-chat-long', ann);
  await act(ann, 'answer');
  await ann.waitForSelector('.chat-about');
  await look.at('call-chat-answer', ann);
  const dana = await enter('Dana');
  await dana.waitForSelector('.chat-divider.earlier');
  await look.at('call-chat-earlier', dana);
  for (const page of [ann, boris, dana]) await page.browser().close();
}

async function write(page, text) {
  await page.bringToFront();
  await page.focus('#chat-text');
  for (const [at, line] of text.split('\n').entries()) {
    if (at > 0) {
      await page.keyboard.down('Shift');
      await page.keyboard.press('Enter');
      await page.keyboard.up('Shift');
    }
    await page.keyboard.type(line);
  }
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#chat-text').value === '');
}

async function edit(page, text) {
  await page.focus('#chat-text');
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction(() => document.querySelector('#chat-text').value !== '');
  await page.$eval('#chat-text', (field) => field.select());
  await write(page, text);
}

/** Presses a button of the last message that has it. */
async function act(page, name) {
  const button = (await page.$$(`.chat-entry [data-action="${name}"]`)).at(-1);
  await button.evaluate((element) => element.click());
}
