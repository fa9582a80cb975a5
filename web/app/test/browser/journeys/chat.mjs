// Three people write to each other: Markdown, answers, changes, what was said earlier, in private, and
// over a restart of the server.
export default async function ({ world, open, step }) {
  const url = `${world.origin}/r/journey-chat`;
  const tolerate = /WebSocket|ERR_CONNECTION_REFUSED|can’t establish a connection|interrupted while/;
  const enter = async (name, person) => {
    const page = await open(name, { person, tolerate });
    await page.goto(`${url}?name=${name}&join`);
    await page.waitForSelector('[data-phase="call"]');
    await page.waitForSelector('[data-control="chat"]');
    return page;
  };

  step('Ann writes while she is alone');
  const ann = await enter('Ann', 'ann');
  await ann.click('[data-control="chat"]');
  await write(ann, 'The plan is at https://example.org/plan.');
  step('Boris comes later and is told');
  const boris = await enter('Boris', 'boris');
  await boris.waitForSelector('[data-connection="connected"]');
  await boris.keyboard.press('c');
  await boris.waitForSelector('.chat-entry.earlier');
  expect(await texts(boris), ['The plan is at https://example.org/plan.']);
  expect(await boris.$eval('.chat-entry.earlier a', (a) => [a.href, a.target, a.rel]), ['https://example.org/plan', '_blank', 'noopener noreferrer']);
  expect(await boris.$eval('.chat-divider.earlier', (line) => line.textContent.includes('Ann')), true);

  step('Ann reads Markdown after she looked elsewhere');
  await ann.keyboard.press('Escape');
  await ann.waitForSelector('.panel', { hidden: true });
  await boris.type('#chat-text', '**Bold**, `code` and <b>no tag</b>');
  for (const line of ['- one', '- two']) {
    await boris.keyboard.down('Shift');
    await boris.keyboard.press('Enter');
    await boris.keyboard.up('Shift');
    await boris.type('#chat-text', line);
  }
  await boris.keyboard.press('Enter');
  await ann.waitForSelector('[data-control="chat"] .control-count');
  expect(await ann.title(), '(1) journey-chat · Parley');
  await ann.keyboard.press('c');
  await ann.waitForSelector('.chat-divider.new');
  expect(await ann.$$eval('.chat-text strong, .chat-text code, .chat-text li', (all) => all.map((e) => `${e.localName} ${e.textContent.trim()}`)),
    ['strong Bold', 'code code', 'li one', 'li two']);
  expect(await ann.$('.chat-text b'), null);
  expect(await ann.title(), 'journey-chat · Parley');

  step('Ann answers, changes and deletes');
  await act(ann, 'answer');
  await ann.waitForSelector('.chat-about');
  await write(ann, 'I have red it');
  await boris.waitForSelector('.chat-quote');
  await boris.focus('.chat-quote');
  await boris.keyboard.press('Enter');
  await boris.waitForFunction(() => document.activeElement.matches('.chat-entry.mine'));
  await ann.keyboard.press('ArrowUp');
  await ann.waitForFunction(() => document.querySelector('#chat-text').value === 'I have red it');
  await ann.$eval('#chat-text', (field) => field.select());
  await write(ann, 'I have read it');
  await boris.waitForSelector('.chat-edited');
  expect((await texts(boris)).at(-1), 'I have read it');
  await write(ann, 'A slip');
  await said(boris, 'A slip');
  await act(ann, 'delete');
  await boris.waitForSelector('.chat-deleted');
  await refusesWhatIsTooLong(ann);

  step('Boris writes to Ann alone');
  await boris.keyboard.press('Escape');
  await boris.waitForSelector('.panel', { hidden: true });
  await boris.keyboard.press('p');
  await boris.click('[data-action="write-to"]');
  await write(boris, 'For you only');
  await ann.waitForSelector('.chat-entry.private');
  expect((await texts(ann)).at(-1), 'For you only');

  step('Chen comes and is told what was for all');
  const chen = await enter('Chen', null);
  await chen.keyboard.press('c');
  await chen.waitForFunction(() => document.querySelectorAll('.chat-entry.earlier').length === 3);
  expect((await texts(chen)).map((text) => text.split('\n')[0].slice(0, 12)), ['The plan is ', 'Bold, code a', 'I have read ']);
  expect(await chen.$$eval('.chat-from strong', (all) => all.map((name) => name.textContent)), ['Ann', 'Boris', 'Ann']);
  await chen.click('[data-control="leave"]');

  step('they write on while the server is started again');
  await boris.select('select[name="chat-to"]', '');
  await world.stopServer();
  await ann.waitForSelector('.tile.self .tile-chip');
  for (const n of [1, 2, 3]) await write(ann, `while away ${n}`);
  await write(boris, 'I hear you');
  await world.startServer();
  for (const page of [ann, boris]) await page.waitForFunction(() => document.querySelector('.tile.self .tile-chip') === null);
  await write(ann, 'back');
  await said(boris, 'back');
  await said(ann, 'I hear you');
  expect((await texts(boris)).filter((text) => /^while|^back/.test(text)), ['while away 1', 'while away 2', 'while away 3', 'back']);

  step('Ann keeps the chat as a file');
  const file = await ann.evaluate(async () => {
    const blobs = [];
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      blobs.push(blob);
      return make.call(URL, blob);
    };
    document.querySelector('[data-action="save-chat"]').click();
    URL.createObjectURL = make;
    return blobs[0].text();
  });
  expect(/Ann \(edited\):\n {4}> Boris: \*\*Bold\*\*, `code` and <b>no tag<\/b>\n {4}I have read it\n/.test(file), true, file);
  expect(/Boris \(Only to you\):\n {4}For you only\n/.test(file), true, file);
}

async function refusesWhatIsTooLong(page) {
  await page.focus('#chat-text');
  await page.$eval('#chat-text', (field) => {
    field.value = 'x'.repeat(4003);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await page.waitForFunction(() => document.querySelector('#chat-over')?.textContent === '3 characters too many');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await page.waitForFunction(() => document.querySelector('#chat-over') === null);
  await page.keyboard.press('Enter');
  await page.click('.chat-fold');
  await page.waitForFunction(() => document.querySelector('.chat-fold').getAttribute('aria-expanded') === 'true');
  await act(page, 'delete');
  await page.focus('#chat-text');
}

async function write(page, text) {
  await page.type('#chat-text', text);
  await page.keyboard.press('Enter');
  await said(page, text);
}

function said(page, text) {
  return page.waitForFunction((wanted) => [...document.querySelectorAll('.chat-text')].some((entry) => entry.innerText.trim() === wanted), {}, text);
}

function texts(page) {
  return page.$$eval('.chat-text', (all) => all.map((text) => text.innerText.trim()));
}

/** Presses a button of the last message that has it, by the keyboard. */
async function act(page, name) {
  const button = (await page.$$(`.chat-entry [data-action="${name}"]`)).at(-1);
  await (await button.evaluateHandle((element) => element.closest('.chat-entry'))).focus();
  await button.focus();
  await page.keyboard.press('Enter');
}

function expect(actual, wanted, about = '') {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)} ${about}`);
}
