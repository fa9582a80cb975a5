import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientMessage, ServerMessage, Welcome } from '../src/protocol.gen.js';
import {
  HANDSHAKE_MS, newSession, PROBE_MS, reduce, RETRY_MS_MAX,
  type Effect, type SessionEvent, type SessionState, type TimerName,
} from '../src/session.js';
import { Random } from './random.js';

const MEDIA = { microphone: false, camera: false, screen: false };
const VISIT = { room: 'room', secret: 'x'.repeat(22), client: 'test' };
const STANDING = { name: 'Ann', media: MEDIA, hand: 0, recording: false };
const HELLO = { ...VISIT, name: 'Ann', media: MEDIA };

function welcome(fields: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome', self: 'self', room: 'room', resumed: false, received: 0, peers: [], ice_servers: [],
    ice_expires_s: 3600, ping_ms: 2000, server: 'test', max_peers: 4, opened_at_ms: 1, role: 'member',
    settings: { locked: false, lobby: false, access: 'open', password: false }, ...fields,
  };
}

/** A session, what it did, and what it waits for. */
class Harness {
  state: SessionState = newSession(VISIT, STANDING);
  effects: Effect[] = [];
  readonly timers = new Map<TimerName, number>();

  handle(event: SessionEvent): Effect[] {
    const [state, effects] = reduce(this.state, event);
    this.state = state;
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.type === 'timer') this.timers.set(effect.timer, effect.ms);
      if (effect.type === 'cancel') this.timers.delete(effect.timer);
    }
    return effects;
  }

  message(message: ServerMessage): Effect[] {
    return this.handle({ type: 'message', message });
  }

  fire(timer: TimerName, random = 0.5): Effect[] {
    assert.ok(this.timers.delete(timer), `no timer ${timer}`);
    return this.handle({ type: 'timer', timer, random });
  }

  connect(fields: Partial<Welcome> = {}): this {
    if (this.state.socket === 'none') this.handle({ type: this.state.welcomed ? 'probe' : 'start', moved: false } as SessionEvent);
    this.handle({ type: 'opened' });
    this.message(welcome(fields));
    return this;
  }
}

const writes = (effects: Effect[]): ClientMessage[] => effects.flatMap((e) => (e.type === 'write' ? [e.message] : []));
const states = (effects: Effect[]): string[] =>
  effects.flatMap((e) => (e.type === 'state' ? [`${e.state}${e.reason ? `:${e.reason}` : ''}`] : []));

test('join: open, hello, welcome', () => {
  const h = new Harness();
  assert.deepEqual(h.handle({ type: 'start' }).map((e) => e.type), ['timer', 'cancel', 'open', 'timer']);
  assert.deepEqual(writes(h.handle({ type: 'opened' })), [{ type: 'hello', ...HELLO }]);
  const effects = h.message(welcome({ peers: [] }));
  assert.deepEqual(states(effects), ['connected']);
  assert.ok(effects.some((e) => e.type === 'welcome'));
  assert.ok(!h.timers.has('give-up') && !h.timers.has('deadline'));
});

test('pings are answered at once and show what was received', () => {
  const h = new Harness().connect();
  h.message({ type: 'peer-away', seq: 1, peer: 'p' });
  assert.deepEqual(writes(h.message({ type: 'ping', received: 0 })), [{ type: 'pong', received: 1 }]);
});

test('an ack follows every 16 numbered messages', () => {
  const h = new Harness().connect();
  for (let seq = 1; seq <= 40; seq++) h.message({ type: 'peer-away', seq, peer: 'p' });
  assert.deepEqual(writes(h.effects).filter((m) => m.type === 'ack'), [{ type: 'ack', received: 16 }, { type: 'ack', received: 32 }]);
});

test('what was sent while the socket was gone goes out after the resume, once', () => {
  const h = new Harness().connect();
  h.handle({ type: 'send', message: { type: 'reset', to: 'p', connection: 'a' } });
  h.handle({ type: 'closed', random: 0 });
  assert.equal(h.state.state, 'reconnecting');
  h.handle({ type: 'send', message: { type: 'reset', to: 'p', connection: 'b' } });
  h.fire('retry');
  const hello = writes(h.handle({ type: 'opened' }));
  assert.deepEqual(hello, [{ type: 'hello', ...HELLO, resume: { received: 0 } }]);
  const again = writes(h.message(welcome({ resumed: true, received: 1 })));
  assert.deepEqual(again, [{ type: 'reset', to: 'p', connection: 'b', seq: 2 }]);
});

test('a fresh session forgets what belonged to the old one and says what changed since the hello', () => {
  const h = new Harness().connect();
  h.handle({ type: 'send', message: { type: 'reset', to: 'p', connection: 'a' } });
  h.handle({ type: 'closed', random: 0 });
  h.fire('retry');
  h.handle({ type: 'opened' });
  h.handle({ type: 'update', standing: { ...STANDING, name: 'Anna' } });
  const effects = h.message(welcome());
  assert.deepEqual(writes(effects), [
    { type: 'update', name: 'Anna', media: MEDIA, hand: false, recording: false, seq: 1 },
  ]);
});

test('silence is answered by a ping, and that by a new socket', () => {
  const h = new Harness().connect();
  assert.deepEqual(writes(h.fire('silence')), [{ type: 'ping', received: 0 }]);
  assert.ok(h.fire('deadline').some((e) => e.type === 'close'));
  assert.ok(h.fire('retry').some((e) => e.type === 'open'));
});

test('a probe takes 700 ms, and a second one does not give the socket more time', () => {
  const h = new Harness().connect();
  assert.deepEqual(h.handle({ type: 'probe', moved: false }).filter((e) => e.type === 'timer'), [{ type: 'timer', timer: 'deadline', ms: PROBE_MS }]);
  assert.deepEqual(h.handle({ type: 'probe', moved: false }), []);
  h.message({ type: 'pong', received: 0 });
  assert.ok(!h.timers.has('deadline'));
});

test('on another network the old socket is not waited for', () => {
  const h = new Harness().connect();
  const effects = h.handle({ type: 'probe', moved: true });
  assert.deepEqual(effects.filter((e) => e.type === 'close' || e.type === 'open').map((e) => e.type), ['close', 'open']);
  assert.equal(h.timers.get('deadline'), HANDSHAKE_MS);
});

test('pauses between attempts grow, with jitter, up to a limit', () => {
  const pauses = [0, 1].map((random) => {
    const h = new Harness().connect();
    const ms: number[] = [];
    for (let i = 0; i < 9; i++) {
      h.handle({ type: 'closed', random });
      ms.push(h.timers.get('retry') ?? -1);
      h.fire('retry');
    }
    return ms;
  });
  assert.deepEqual(pauses[0], [0, 100, 200, 400, 800, 1600, 2500, 2500, 2500]);
  assert.deepEqual(pauses[1]?.slice(-1), [RETRY_MS_MAX]);
});

test('fatal errors end the call with their reason', () => {
  for (const [code, reason] of [['room-full', 'room-full'], ['replaced', 'replaced'], ['locked', 'locked'], ['rate-limited', 'rate-limited'], ['bad-message', 'rejected']] as const) {
    const h = new Harness();
    h.handle({ type: 'start' });
    h.handle({ type: 'opened' });
    const effects = h.message({ type: 'error', code, message: 'No.', fatal: true });
    assert.deepEqual(states(effects), [`left:${reason}`]);
    assert.equal(h.timers.size, 0);
    assert.deepEqual(h.handle({ type: 'opened' }), []);
  }
});

test('who waits for a host waits on, is pinged, and comes in', () => {
  const h = new Harness();
  h.handle({ type: 'start' });
  h.handle({ type: 'opened' });
  const effects = h.message({ type: 'waiting', reason: 'lobby' });
  assert.ok(effects.some((e) => e.type === 'waiting'));
  assert.deepEqual([...h.timers.keys()], ['silence']);
  assert.deepEqual(writes(h.message({ type: 'ping', received: 0 })), [{ type: 'pong', received: 0 }]);
  assert.deepEqual(writes(h.handle({ type: 'send', message: { type: 'reset', to: 'p', connection: 'c' } })), []);
  assert.deepEqual(writes(h.fire('silence')), [{ type: 'ping', received: 0 }]);
  assert.deepEqual(states(h.message(welcome())), ['connected']);
});

test('who waits says what has changed meanwhile, and bye', () => {
  const h = new Harness();
  h.handle({ type: 'start' });
  h.handle({ type: 'opened' });
  h.message({ type: 'waiting', reason: 'lobby' });
  assert.deepEqual(writes(h.handle({ type: 'update', standing: { ...STANDING, name: 'Anna' } })), []);
  assert.deepEqual(writes(h.message(welcome())), [
    { type: 'update', name: 'Anna', media: MEDIA, hand: false, recording: false, seq: 1 },
  ]);
  const other = new Harness();
  other.handle({ type: 'start' });
  other.handle({ type: 'opened' });
  other.message({ type: 'waiting', reason: 'lobby' });
  assert.deepEqual(writes(other.handle({ type: 'leave' })), [{ type: 'bye' }]);
});

test('who waits and loses the server knocks again, but not for ever', () => {
  const h = new Harness();
  h.handle({ type: 'start' });
  h.handle({ type: 'opened' });
  h.message({ type: 'waiting', reason: 'lobby' });
  h.handle({ type: 'closed', random: 0 });
  assert.ok(h.timers.has('give-up'));
  h.fire('retry');
  assert.ok(!('resume' in (writes(h.handle({ type: 'opened' }))[0] ?? {})));
  h.message({ type: 'waiting', reason: 'lobby' });
  assert.ok(!h.timers.has('give-up'));
  assert.deepEqual(states(h.message({ type: 'error', code: 'denied', message: 'No.', fatal: true })), ['left:denied']);
});

test('a hello brings key, password and invite, and the hand keeps its place over a restart', () => {
  const h = new Harness();
  h.state = newSession({ ...VISIT, host_key: 'k', password: 'p', invite: 'i' }, STANDING);
  h.connect();
  h.handle({ type: 'update', standing: { ...STANDING, hand: Number.MAX_SAFE_INTEGER } });
  assert.deepEqual(h.handle({ type: 'update', standing: { ...STANDING, hand: 77 } }), [], 'the number is the server\'s');
  h.handle({ type: 'closed', random: 0 });
  h.fire('retry');
  const [hello] = writes(h.handle({ type: 'opened' }));
  assert.deepEqual(hello, { type: 'hello', ...HELLO, host_key: 'k', password: 'p', invite: 'i', hand: 77, resume: { received: 0 } });
  assert.deepEqual(writes(h.message(welcome({ hand: 77 }))), [], 'the server knows');
});

test('being removed, or the end for all, is the end of a call', () => {
  for (const code of ['removed', 'ended', 'locked'] as const) {
    const h = new Harness().connect();
    assert.deepEqual(states(h.message({ type: 'error', code, message: 'No.', fatal: true })), [`left:${code}`]);
    assert.equal(h.timers.size, 0);
  }
});

test('a server that stays away ends a first join, not a call', () => {
  const h = new Harness();
  h.handle({ type: 'start' });
  h.handle({ type: 'closed', random: 0 });
  assert.deepEqual(states(h.fire('give-up')), ['left:server-gone']);
  const call = new Harness().connect();
  for (let i = 0; i < 100; i++) {
    call.handle({ type: 'closed', random: 1 });
    call.fire('retry');
  }
  assert.equal(call.state.state, 'reconnecting');
});

test('a session that the server gave up begins anew; one that it always gives up ends', () => {
  const h = new Harness().connect();
  let effects: Effect[] = [];
  for (let i = 0; i < 4; i++) {
    effects = h.message({ type: 'error', code: 'rate-limited', message: 'Slow down.', fatal: true });
    if (h.state.state === 'left') break;
    assert.equal(h.state.resumable, false);
    h.fire('retry');
    assert.ok(!('resume' in (writes(h.handle({ type: 'opened' }))[0] ?? {})));
  }
  assert.deepEqual(states(effects), ['left:protocol-error']);
});

test('more than a resume can hold gives the resume up and stays bounded', () => {
  const h = new Harness().connect();
  h.handle({ type: 'closed', random: 0 });
  for (let i = 0; i < 5000; i++) h.handle({ type: 'send', message: { type: 'reset', to: 'p', connection: `c${i}` } });
  assert.ok(h.state.outbox.length <= 512);
  assert.equal(h.state.resumable, false);
});

test('leaving says bye and stops everything', () => {
  const h = new Harness().connect();
  const effects = h.handle({ type: 'leave' });
  assert.deepEqual(writes(effects), [{ type: 'bye' }]);
  assert.deepEqual(states(effects), ['left:left']);
  assert.equal(h.timers.size, 0);
});

/** A server by docs/protocol.md, as small as it can be. */
class ModelServer {
  #sent = 0;
  #received = 0;
  #kept: ServerMessage[] = [];
  #known = false;
  readonly got: string[] = [];
  /** The hello of the socket there is now has come. */
  attached = false;
  epoch = 0;

  restart(): void {
    this.#known = false;
    this.epoch++;
  }

  handle(message: ClientMessage): ServerMessage[] {
    if (message.type === 'hello') {
      this.attached = true;
      const resumed = this.#known && message.resume !== undefined;
      if (!resumed) [this.#sent, this.#received, this.#kept, this.#known] = [0, 0, [], true];
      this.#forget(message.resume?.received ?? 0);
      return [welcome({ resumed, received: this.#received }), ...(resumed ? this.#kept : [])];
    }
    if (message.type === 'ping') return [{ type: 'pong', received: this.#received }];
    if (message.type === 'pong' || message.type === 'ack') return this.#forget(message.received);
    if (message.type === 'bye' || message.seq <= this.#received) return [];
    assert.equal(message.seq, this.#received + 1, 'a gap in what the client numbered');
    this.#received = message.seq;
    if (message.type === 'reset') this.got.push(message.connection);
    return message.seq % 16 === 0 ? [{ type: 'ack', received: message.seq }] : [];
  }

  say(text: string): ServerMessage[] {
    if (!this.#known) return [];
    const message: ServerMessage = { type: 'reset', seq: ++this.#sent, from: 'p', connection: text };
    this.#kept.push(message);
    return [message];
  }

  #forget(received: number): ServerMessage[] {
    this.#kept = this.#kept.filter((message) => 'seq' in message && message.seq > received);
    return [];
  }
}

/** Client and server over a network that loses what is under way whenever it is cut. */
class World {
  readonly h = new Harness();
  readonly server = new ModelServer();
  readonly heard: string[] = [];
  up: ClientMessage[] = [];
  down: ServerMessage[] = [];
  connected = false;

  do(event: SessionEvent): void {
    for (const effect of this.h.handle(event)) {
      if (effect.type === 'open') this.connected = true;
      if (effect.type === 'close') this.cut();
      if (effect.type === 'write' && this.connected) this.up.push(effect.message);
      if (effect.type === 'deliver' && effect.message.type === 'reset') this.heard.push(effect.message.connection);
    }
  }

  cut(): void {
    this.connected = this.server.attached = false;
    this.up = [];
    this.down = [];
  }

  step(): boolean {
    if (this.h.state.socket === 'none') {
      this.do({ type: 'timer', timer: 'retry', random: 0 });
    } else if (this.h.state.socket === 'opening') this.do({ type: 'opened' });
    else if (this.up.length > 0) this.down.push(...this.server.handle(this.up.shift() as ClientMessage));
    else if (this.down.length > 0) this.do({ type: 'message', message: this.down.shift() as ServerMessage });
    else return false;
    return true;
  }
}

test('cuts at any moment neither lose nor repeat a message', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    const world = new World();
    const said: string[] = [];
    const sent: string[] = [];
    world.do({ type: 'start' });
    for (let i = 0; i < 400; i++) {
      const choice = random.below(10);
      if (choice === 0 && world.connected) {
        world.cut();
        world.do({ type: 'closed', random: random.next() });
      } else if (choice === 1 && world.h.state.welcomed) {
        sent.push(`c${i}`);
        world.do({ type: 'send', message: { type: 'reset', to: 'p', connection: `c${i}` } });
      } else if (choice === 2 && world.h.state.welcomed) {
        const out = world.server.say(`s${i}`);
        if (out.length > 0) said.push(`s${i}`);
        if (world.server.attached) world.down.push(...out);
      } else world.step();
    }
    while (world.step());
    assert.deepEqual(world.server.got, sent, `to the server, seed ${seed}`);
    assert.deepEqual(world.heard, said, `to the client, seed ${seed}`);
  }
});

test('a restarted server gets only what was sent in its own time', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const world = new World();
    world.do({ type: 'start' });
    while (world.step());
    for (let i = 0; i < 200; i++) {
      const choice = random.below(12);
      if (choice === 0) {
        world.server.restart();
        world.cut();
        world.do({ type: 'closed', random: 0 });
      } else if (choice < 3) {
        world.do({ type: 'send', message: { type: 'reset', to: 'p', connection: `${world.server.epoch}.${i}` } });
      } else world.step();
    }
    while (world.step());
    assert.equal(world.h.state.state, 'connected', `seed ${seed}`);
    const epochs = world.server.got.map((name) => Number(name.split('.')[0]));
    assert.deepEqual(epochs, [...epochs].sort((a, b) => a - b), `seed ${seed}`);
    assert.equal(new Set(world.server.got).size, world.server.got.length, `seed ${seed}`);
  }
});
