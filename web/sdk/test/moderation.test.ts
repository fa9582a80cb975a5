import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LocalMedia } from '../src/media.js';
import { Moderation } from '../src/moderation.js';
import type { Peer } from '../src/peer.js';
import type { Welcome } from '../src/protocol.gen.js';
import type { Delivered, Outgoing } from '../src/session.js';

const OPEN = { locked: false, lobby: false, access: 'open', password: false } as const;

type Unnumbered<M> = M extends unknown ? Omit<M, 'seq'> : never;

/** What one client does about what it is told. */
class Person {
  readonly sent: Outgoing[] = [];
  readonly events: unknown[] = [];
  readonly devices: string[] = [];
  /** Hand and recording as they were told. */
  readonly told: [number, boolean][] = [];
  readonly moderation: Moderation;

  constructor() {
    const media = {
      setMuted: (muted: boolean) => this.devices.push(`muted ${muted}`),
      stop: (kind: string) => this.devices.push(`${kind} stopped`),
    } as unknown as LocalMedia;
    this.moderation = new Moderation({
      media,
      peers: new Map([['ann', { id: 'ann' } as Peer]]),
      send: (message) => this.sent.push(message),
      tell: () => this.told.push([this.moderation.hand, this.moderation.recording]),
      emit: (type, event) => this.events.push([type, event]),
    });
  }

  welcome(fields: Partial<Welcome> = {}, before: string[] = []): this {
    this.moderation.welcome({
      type: 'welcome', self: 'me', room: 'room', resumed: false, received: 0, ice_servers: [], ice_expires_s: 3600,
      ping_ms: 2000, server: 'test', max_peers: 4, opened_at_ms: 1, role: 'host', settings: OPEN, ...fields,
    }, before);
    return this;
  }

  hear(message: Unnumbered<Delivered>): boolean {
    return this.moderation.handle({ seq: 1, ...message } as Delivered);
  }

  number(hand: number): void {
    const media = { microphone: false, camera: false, screen: false };
    this.moderation.updated({ type: 'peer-updated', seq: 1, peer: 'me', name: '', media, role: 'member', hand, recording: false });
  }
}

test('a welcome brings role, settings and who waits', () => {
  const { moderation, events } = new Person().welcome({ settings: { ...OPEN, lobby: true }, knocks: [{ id: 'c', name: 'Carol' }] });
  assert.equal(moderation.role, 'host');
  assert.equal(moderation.settings.lobby, true);
  assert.deepEqual([...moderation.knocks.values()], [{ id: 'c', name: 'Carol' }]);
  assert.deepEqual(events.map((event) => (event as [string])[0]), ['role', 'settings', 'knock']);
});

test('who waits comes and goes, and only hosts have them', () => {
  const person = new Person().welcome();
  person.hear({ type: 'knock', peer: { id: 'c', name: 'Carol' } });
  person.hear({ type: 'knock-gone', peer: 'c' });
  person.hear({ type: 'knock-gone', peer: 'c' });
  person.hear({ type: 'knock', peer: { id: 'd', name: 'Dan' } });
  person.hear({ type: 'role', role: 'member' });
  assert.equal(person.moderation.knocks.size, 0);
  assert.deepEqual(person.events.slice(1), [
    ['knock', { id: 'c', name: 'Carol' }], ['knock-gone', { id: 'c' }], ['knock', { id: 'd', name: 'Dan' }],
    ['knock-gone', { id: 'd' }], ['role', { role: 'member' }],
  ]);
});

test('what a host asks for is done, and then said', () => {
  const person = new Person().welcome({ role: 'member' });
  person.moderation.setHand(true);
  for (const action of ['mute', 'stop-camera', 'stop-screen', 'lower-hand'] as const) person.hear({ type: 'moderated', action, by: 'ann' });
  assert.deepEqual(person.devices, ['muted true', 'camera stopped', 'screen stopped']);
  assert.equal(person.moderation.hand, 0);
  assert.equal(person.told.at(-1)?.[0], 0);
  assert.deepEqual(person.events.at(-1), ['moderated', { action: 'lower-hand', by: { id: 'ann' } }]);
  person.hear({ type: 'moderated', action: 'mute', by: 'gone' });
  assert.deepEqual(person.events.at(-1), ['moderated', { action: 'mute', by: null }]);
});

test('a hand is behind all others until the server has given it a number', () => {
  const { moderation, told } = ((person: Person) => {
    person.moderation.setHand(true);
    assert.ok(person.moderation.hand > Date.now());
    person.number(77);
    return person;
  })(new Person().welcome());
  assert.equal(moderation.hand, 77);
  assert.deepEqual(told.map(([hand]) => hand > 0), [true, true]);
});

test('a number that comes after the hand went down does not raise it', () => {
  const person = new Person().welcome();
  person.moderation.setHand(true);
  person.moderation.setHand(false);
  person.number(77);
  assert.equal(person.moderation.hand, 0);
  person.welcome({ resumed: true, hand: 77 });
  assert.equal(person.moderation.hand, 0);
});

test('a host changes one setting and keeps the others', () => {
  const person = new Person().welcome({ settings: { ...OPEN, lobby: true } });
  person.moderation.setRoom({ locked: true });
  person.hear({ type: 'settings', settings: { ...OPEN, lobby: true, locked: true }, by: 'me' });
  person.hear({ type: 'settings', settings: { ...OPEN, lobby: true }, by: 'ann' });
  person.moderation.setRoom({ password: '' });
  assert.deepEqual(person.sent, [
    { type: 'room-settings', locked: true, lobby: true, access: 'open' },
    { type: 'room-settings', locked: false, lobby: true, access: 'open', password: '' },
  ]);
});

test('two changes at once do not undo each other', () => {
  const person = new Person().welcome();
  person.moderation.setRoom({ locked: true });
  person.moderation.setRoom({ lobby: true });
  assert.deepEqual(person.sent.at(-1), { type: 'room-settings', locked: true, lobby: true, access: 'open' });
});

test('a host puts back what a restarted server has forgotten, and nobody of the call is shut out', () => {
  const person = new Person().welcome({ settings: OPEN });
  person.moderation.setRoom({ locked: true, password: 'swordfish' });
  person.hear({ type: 'settings', settings: { ...OPEN, locked: true, password: true }, by: 'me', password_changed: true });
  person.sent.length = 0;
  person.welcome({ resumed: true, settings: { ...OPEN, locked: true, password: true } }, ['bob']);
  person.welcome({ settings: { ...OPEN, locked: true, password: true } }, ['bob']); // away for long, the room lived on
  assert.deepEqual(person.sent, []);
  person.welcome({ opened_at_ms: 2 }, ['bob']);
  assert.deepEqual(person.sent, [
    { type: 'room-settings', locked: true, lobby: false, access: 'open', password: 'swordfish', returning: ['bob'] },
  ]);
});

test('only who was host and still is puts settings back, and only where there is something', () => {
  for (const [before, after, settings] of [
    ['member', 'host', { ...OPEN, locked: true }], ['host', 'member', { ...OPEN, locked: true }], ['host', 'host', OPEN],
  ] as const) {
    const person = new Person().welcome({ role: before, settings });
    person.welcome({ role: after, opened_at_ms: 2 }, ['bob']);
    assert.deepEqual(person.sent, []);
  }
});

test('a password that another host has changed is not put back', () => {
  const person = new Person().welcome();
  person.moderation.setRoom({ password: 'swordfish' });
  person.hear({ type: 'settings', settings: { ...OPEN, password: true }, by: 'me', password_changed: true });
  person.hear({ type: 'settings', settings: { ...OPEN, password: true, lobby: true }, by: 'ann', password_changed: true });
  person.sent.length = 0;
  person.welcome({ opened_at_ms: 2 });
  assert.deepEqual(person.sent, [{ type: 'room-settings', locked: false, lobby: true, access: 'open', returning: [] }]);
});

test('invites come to who asked for them, also when a new server is asked', async () => {
  const person = new Person().welcome();
  const one = person.moderation.invite(60);
  const two = person.moderation.invite(3600);
  const requests = person.sent.map((message) => (message.type === 'invite' ? message.request : ''));
  person.hear({ type: 'invited', request: requests[1] ?? '', invite: 'b', expires_at_ms: 2 });
  assert.deepEqual(await two, { invite: 'b', expiresAtMs: 2 });
  person.sent.length = 0;
  person.welcome({ opened_at_ms: 2 });
  assert.deepEqual(person.sent, [{ type: 'invite', request: requests[0], expires_s: 60 }]);
  person.hear({ type: 'invited', request: requests[0] ?? '', invite: 'a', expires_at_ms: 1 });
  assert.deepEqual(await one, { invite: 'a', expiresAtMs: 1 });
  person.hear({ type: 'invited', request: 'unknown', invite: 'x', expires_at_ms: 1 });
});

test('an invite that nobody makes is refused', async () => {
  const person = new Person().welcome({ role: 'member' });
  const invite = person.moderation.invite(60);
  person.moderation.refused('Only hosts may do that.');
  await assert.rejects(invite, /Only hosts/);
});

test('messages of others are left to others', () => {
  assert.equal(new Person().hear({ type: 'peer-away', peer: 'p' }), false);
});
