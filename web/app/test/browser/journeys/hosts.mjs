// What hosts decide, by the SDK alone: one page has a host, members and strangers, each with a call of
// its own, and the server is started again in the middle.
import assert from 'node:assert/strict';

export default async function ({ world, open, step }) {
  const page = await open('everybody', { tolerate: /WebSocket|ERR_CONNECTION_REFUSED|can’t establish a connection|interrupted while/ });
  await page.goto(world.origin);
  await page.evaluate(async () => {
    const { join, newRoom } = await import('/sdk.js');
    const { room, hostKey } = await newRoom();
    globalThis.hostKey = hostKey;
    globalThis.calls = {};
    globalThis.events = [];
    globalThis.waits = [];
    globalThis.enter = async (name, options = {}) => {
      const call = await join(`${location.origin}/r/${room}`, { name, onWaiting: () => globalThis.waits.push(name), ...options });
      globalThis.calls[name] = call;
      for (const type of ['role', 'settings', 'moderated', 'hand', 'state']) call.on(type, (event) => globalThis.events.push([name, type, event]));
      call.on('moderated', ({ by }) => globalThis.events.push([name, 'by', by?.name]));
    };
    globalThis.refusal = (name, options) => globalThis.enter(name, options).then(() => 'came in', (error) => error.reason);
  });
  const settings = (changed) => page.waitForFunction((expected) => Object.values(globalThis.calls).every(
    ({ settings: is, state }) => state === 'left' || Object.entries(expected).every(([name, value]) => is[name] === value)), {}, changed);
  const refusal = (name, options) => page.evaluate((n, o) => globalThis.refusal(n, o), name, options);

  step('a host and a member');
  await page.evaluate(() => globalThis.enter('Bob'));
  await page.evaluate(() => globalThis.enter('Ann', { hostKey: globalThis.hostKey }));
  assert.deepEqual(await page.evaluate(() => [globalThis.calls.Ann.role, globalThis.calls.Bob.role]), ['host', 'member']);

  step('a hand goes up and is lowered');
  await page.evaluate(() => globalThis.calls.Bob.setHand(true));
  await page.waitForFunction(() => [...globalThis.calls.Ann.peers.values()][0]?.hand > 1e12 && globalThis.calls.Bob.hand === [...globalThis.calls.Ann.peers.values()][0].hand);
  await page.evaluate(() => globalThis.calls.Ann.moderate('lower-hand'));
  await page.waitForFunction(() => globalThis.calls.Bob.hand === 0 && [...globalThis.calls.Ann.peers.values()][0].hand === 0);
  assert.ok(await page.evaluate(() => globalThis.events.some(([name, type, by]) => name === 'Bob' && type === 'by' && by === 'Ann')));

  step('the lobby');
  await page.evaluate(() => globalThis.calls.Ann.setRoom({ lobby: true }));
  await settings({ lobby: true });
  await page.evaluate(() => { globalThis.cleo = globalThis.enter('Cleo'); });
  await page.waitForFunction(() => globalThis.waits.includes('Cleo') && globalThis.calls.Ann.knocks.size === 1);
  await page.evaluate(() => globalThis.calls.Ann.moderate('admit', [...globalThis.calls.Ann.knocks.keys()][0]));
  await page.evaluate(() => globalThis.cleo);
  await page.waitForFunction(() => globalThis.calls.Ann.knocks.size === 0 && globalThis.calls.Ann.peers.size === 2);

  step('password and invite');
  await page.evaluate(() => globalThis.calls.Ann.setRoom({ lobby: false, password: 'swordfish' }));
  await settings({ lobby: false, password: true });
  assert.equal(await refusal('Dan'), 'password-required');
  assert.equal(await refusal('Dan', { password: 'sardine' }), 'password-wrong');
  await page.evaluate(async () => {
    const { invite } = await globalThis.calls.Ann.invite(60);
    await globalThis.enter('Dan', { invite });
  });

  step('removed');
  await page.waitForFunction(() => [...globalThis.calls.Ann.peers.values()].some((peer) => peer.name === 'Dan'));
  await page.evaluate(() => globalThis.calls.Ann.moderate('remove', globalThis.calls.Dan.id));
  await page.waitForFunction(() => globalThis.calls.Dan.state === 'left' && globalThis.calls.Bob.peers.size === 2);

  step('the server is started again');
  await page.evaluate(() => {
    globalThis.calls.Ann.setRoom({ locked: true });
    globalThis.calls.Cleo.setHand(true);
  });
  await settings({ locked: true });
  await page.waitForFunction(() => globalThis.calls.Cleo.hand > 1e12 && globalThis.calls.Cleo.hand < 2 ** 50);
  const hand = await page.evaluate(() => globalThis.calls.Cleo.hand);
  await world.stopServer();
  await world.startServer();
  await page.waitForFunction(() => ['Ann', 'Bob', 'Cleo'].every((name) => {
    const { state, peers, settings: { locked, password } } = globalThis.calls[name];
    return state === 'connected' && peers.size === 2 && locked && password && [...peers.values()].every((peer) => peer.signaling === 'present');
  }));
  assert.equal(await refusal('Eve', { password: 'swordfish' }), 'locked');
  assert.equal(await page.evaluate(() => globalThis.calls.Cleo.hand), hand);
  await page.evaluate(() => globalThis.calls.Ann.setRoom({ locked: false }));
  await settings({ locked: false });
  assert.equal(await refusal('Eve', { password: 'sardine' }), 'password-wrong');

  step('the end for all');
  await page.evaluate(() => globalThis.calls.Ann.moderate('end'));
  await page.waitForFunction(() => ['Ann', 'Bob', 'Cleo'].every((name) => globalThis.events.some(
    ([who, type, event]) => who === name && type === 'state' && event.reason === 'ended')));
}
