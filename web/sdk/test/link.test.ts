import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '../src/channels.js';
import { Link, type PeerMessage } from '../src/link.js';
import { Peer } from '../src/peer.js';
import type { Peer as PeerInfo } from '../src/protocol.gen.js';
import type { Outgoing } from '../src/session.js';
import type { OutboundStream } from '../src/streams.js';
import type { TrackKind } from '../src/types.js';
import { FakePC, settle } from './fake-pc.js';

class FakeStream {
  readonly #tracks = new Set<unknown>();
  getTracks(): unknown[] {
    return [...this.#tracks];
  }
  addTrack(track: unknown): void {
    this.#tracks.add(track);
  }
  removeTrack(track: unknown): void {
    this.#tracks.delete(track);
  }
}
Object.assign(globalThis, { MediaStream: FakeStream, document: { hidden: false } });

const OFF = { microphone: false, camera: false, screen: false };

interface Side {
  id: string;
  link: Link;
  sent: Outgoing[];
  errors: Error[];
  gone: string[];
  messages: unknown[];
  changes: string[];
  channel: Channel;
  local: Map<TrackKind, MediaStreamTrack>;
}

/** Two links that face each other, and the ordered signaling between them. */
class Room {
  readonly a: Side;
  readonly b: Side;
  lossy = false;

  constructor() {
    this.a = this.#side('a', 'b', () => this.b);
    this.b = this.#side('b', 'a', () => this.a);
  }

  info(of: string, initiate: boolean): PeerInfo {
    return { id: of, name: of, media: OFF, away: false, polite: of === 'b', initiate, role: 'member', hand: 0, recording: false };
  }

  begin(): void {
    this.a.link.begin(this.info('b', true));
    this.b.link.begin(this.info('a', false));
  }

  /** Transports connect wherever two ends agree. */
  connect(): void {
    const [one, two] = [...FakePC.open];
    assert.ok(one && two);
    FakePC.connect(one, two);
  }

  close(): void {
    this.a.link.close();
    this.b.link.close();
    assert.equal(FakePC.open.size, 0, 'every RTCPeerConnection was closed');
  }

  #side(id: string, other: string, far: () => Side): Side {
    const channel = new Channel('chat', {}, { streams: () => new Map<string, OutboundStream>(), closed: () => undefined });
    const side: Side = { id, sent: [], errors: [], gone: [], messages: [], changes: [], channel, local: new Map(), link: null as unknown as Link };
    channel.on('message', ({ data }) => side.messages.push(data));
    side.link = new Link(new Peer(other), this.info(other, false), {
      newPC: () => new FakePC() as unknown as RTCPeerConnection,
      reachable: () => true,
      cameraLines: () => null, sending: () => ({ limits: {}, codec: null }), receiving: () => ({}), returnedAtMs: () => -Infinity,
      localTrack: (kind) => side.local.get(kind) ?? null,
      send: (message) => {
        side.sent.push(message);
        if (!this.lossy) setTimeout(() => far().link.handle({ ...message, seq: 0, from: id } as PeerMessage));
      },
      channel: () => channel,
      suspect: () => undefined,
      changed: () => side.changes.push(side.link.peer.connection),
      tracksChanged: () => undefined,
      gone: (reason) => {
        side.gone.push(reason);
        side.link.close(); // as Call does
      },
      failed: (error) => side.errors.push(error),
    });
    side.link.open(channel);
    return side;
  }
}

const types = (side: Side): string[] => side.sent.map((message) => message.type).filter((type) => type === 'offer' || type === 'answer' || type === 'reset');

function say(side: Side, text: string): void {
  side.link.stream('chat')?.send(text, text.length);
}

test('the first offer has four transceivers in order, and the answerer gives them its own tracks', async () => {
  const room = new Room();
  const camera = { id: 'camera', kind: 'video' } as MediaStreamTrack;
  room.b.local.set('camera', camera);
  room.begin();
  await settle();
  const offer = room.a.sent.find((message) => message.type === 'offer');
  assert.ok(offer?.type === 'offer' && offer.first);
  assert.deepEqual(offer.tracks.map((track) => track.kind), ['microphone', 'camera', 'screen', 'screen-audio']);
  const answerer = [...FakePC.open][1];
  assert.equal(answerer?.getTransceivers()[1]?.sender.track, camera);
  assert.ok(answerer?.getTransceivers().every((t) => t.direction === 'sendrecv'));
  assert.ok(room.a.link.peer.track('microphone') && room.b.link.peer.track('microphone'));
  assert.equal(room.b.link.peer.track('camera'), null, 'a sends no camera');
  assert.deepEqual([...room.a.errors, ...room.b.errors], []);
  room.close();
});

test('both begin at once: the impolite connection stands', async () => {
  const room = new Room();
  room.a.link.begin(room.info('b', true));
  room.b.link.begin(room.info('a', true));
  await settle();
  // a is polite towards b.
  assert.deepEqual(types(room.a), ['offer', 'answer']);
  assert.deepEqual(types(room.b), ['offer']);
  assert.equal(FakePC.open.size, 2);
  assert.ok([...FakePC.open].every((pc) => pc.signalingState === 'stable'));
  room.close();
});

test('a connection that the other end does not have is reset and begun anew', async () => {
  const room = new Room();
  room.begin();
  await settle();
  room.b.link.close();
  const fresh = new Room();
  room.b.link = fresh.b.link;
  fresh.b.link.handle({ type: 'offer', seq: 0, from: 'a', connection: 'unknown', first: false, sdp: 'v=0', tracks: [] });
  assert.deepEqual(types(fresh.b), ['reset']);
  const reset = room.a.sent.find((message) => message.type === 'offer');
  assert.ok(reset?.type === 'offer');
  room.a.link.handle({ type: 'reset', seq: 0, from: 'b', connection: reset.connection });
  await settle();
  const offers = room.a.sent.filter((message) => message.type === 'offer');
  assert.equal(offers.length, 2);
  assert.ok(offers.every((offer) => offer.type === 'offer' && offer.first));
  room.a.link.handle({ type: 'reset', seq: 0, from: 'b', connection: 'stale' });
  await settle();
  assert.equal(room.a.sent.filter((message) => message.type === 'offer').length, 2, 'a reset of an old connection is nothing');
  fresh.a.link.close();
  room.close();
});

test('a reset before there is a connection asks for the first offer', async () => {
  const room = new Room();
  room.a.link.handle({ type: 'reset', seq: 0, from: 'b', connection: 'whatever' });
  await settle();
  assert.deepEqual(types(room.a), ['offer']);
  assert.deepEqual(types(room.b), ['answer']);
  room.close();
});

test('an offer that a restarted server has lost is said again', async () => {
  const room = new Room();
  room.lossy = true;
  room.begin();
  await settle();
  room.lossy = false;
  room.a.link.rejoined(room.info('b', false));
  await settle();
  assert.deepEqual(types(room.a), ['offer', 'offer']);
  assert.deepEqual(types(room.b), ['answer']);
  room.close();
});

test('a connection that works is kept when the server was restarted', async () => {
  const room = new Room();
  room.begin();
  await settle();
  room.connect();
  room.a.link.tick(performance.now());
  room.b.link.tick(performance.now());
  const before = [types(room.a).length, types(room.b).length];
  room.a.link.rejoined(room.info('b', false));
  room.b.link.rejoined(room.info('a', true));
  await settle();
  assert.deepEqual([types(room.a).length, types(room.b).length], before);
  room.close();
});

test('a peer that the server does not know stays while it is heard, and then goes', async () => {
  const room = new Room();
  room.begin();
  await settle();
  room.connect();
  room.a.link.tick(performance.now());
  room.a.link.orphaned();
  room.a.link.tick(performance.now() + 500);
  assert.equal(room.a.gone.length, 0);
  room.a.link.tick(performance.now() + 31_000);
  assert.ok(room.a.gone.includes('lost'));
  room.close();
});

test('of a peer that is gone nothing is said any more', async () => {
  const room = new Room();
  room.begin();
  await settle();
  room.connect();
  room.a.link.tick(performance.now());
  room.a.link.orphaned();
  const before = room.a.changes.length;
  room.a.link.tick(performance.now() + 31_000);
  assert.deepEqual(room.a.gone, ['lost']);
  room.a.link.setPresence('present');
  await room.a.link.stats();
  assert.equal(room.a.changes.length, before);
  room.b.link.close();
});

test('a peer that the server does not know and that was never connected goes at once', () => {
  const room = new Room();
  room.a.link.orphaned();
  assert.deepEqual(room.a.gone, ['lost']);
  room.close();
});

test('a changed network restarts the connection from the side that began it, and only from there', async () => {
  const room = new Room();
  room.begin();
  await settle();
  room.connect();
  room.b.link.networkChanged();
  await settle();
  assert.deepEqual(types(room.b), ['answer']);
  room.a.link.networkChanged();
  await settle();
  assert.deepEqual([types(room.a), types(room.b)], [['offer', 'offer'], ['answer', 'answer']]);
  room.close();
});

test('messages survive a replaced connection, none twice', async () => {
  const room = new Room();
  room.begin();
  await settle();
  say(room.a, 'before');
  room.connect();
  say(room.a, 'one');
  await settle();
  say(room.a, 'two');
  const offer = room.a.sent.find((message) => message.type === 'offer');
  room.a.link.handle({ type: 'reset', seq: 0, from: 'b', connection: offer?.type === 'offer' ? offer.connection : '' });
  say(room.a, 'three');
  await settle();
  room.connect();
  await settle();
  assert.deepEqual(room.b.messages, ['before', 'one', 'two', 'three']);
  room.close();
});

test('whatever a peer sends over the control channel is survived', async () => {
  const room = new Room();
  room.begin();
  await settle();
  room.connect();
  const incoming = [...FakePC.open].flatMap((pc) => pc.channels).filter((channel) => channel.label === 'parley');
  const nonsense = ['', '{', '[]', 'null', '{"type":"alive","received":7}', '{"type":"alive","received":{"chat":["x"]}}',
    '{"type":"alive","received":{"__proto__":["a",1],"chat":[1,2]}}', '{"type":"alive","received":{"chat":["x",1e308]}}', 'x'.repeat(1 << 20), new ArrayBuffer(8)];
  for (const channel of incoming) for (const data of nonsense) channel.send(data);
  await settle();
  assert.deepEqual([...room.a.errors, ...room.b.errors], []);
  room.close();
});
