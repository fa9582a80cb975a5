import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '../src/channels.js';
import { ChannelError } from '../src/errors.js';
import { InboundStream, OutboundStream, QUEUE_BYTES_MAX, bytesOf, type Payload, type SendChannel } from '../src/streams.js';
import { Random } from './random.js';

class FakeChannel implements SendChannel {
  readyState: RTCDataChannelState = 'connecting';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType: BinaryType = 'arraybuffer';
  onopen: SendChannel['onopen'] = null;
  onclose: SendChannel['onclose'] = null;
  onbufferedamountlow: SendChannel['onbufferedamountlow'] = null;
  readonly wire: Payload[] = [];

  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    this.wire.push(data as Payload);
    this.bufferedAmount += bytesOf(data as Payload);
  }

  close(): void {
    this.readyState = 'closed';
  }

  open(): void {
    this.readyState = 'open';
    this.onopen?.call(this as unknown as RTCDataChannel, new Event('open'));
  }

  drain(): void {
    this.bufferedAmount = 0;
    this.onbufferedamountlow?.call(this as unknown as RTCDataChannel, new Event('bufferedamountlow'));
  }
}

function outbound(options = {}): { stream: OutboundStream; events: string[] } {
  const events: string[] = [];
  const stream = new OutboundStream('chat', options, {
    open: () => events.push('open'), close: () => events.push('close'), low: () => events.push('low'),
    failed: (error) => events.push(error.code),
  });
  return { stream, events };
}

function send(stream: OutboundStream, data: Payload): void {
  const bytes = bytesOf(data);
  stream.check(bytes);
  stream.send(data, bytes);
}

test('messages wait for the channel and leave in order when it opens', () => {
  const { stream, events } = outbound();
  send(stream, 'a');
  const channel = new FakeChannel();
  stream.attach(channel, () => null);
  send(stream, 'b');
  assert.equal(stream.bufferedAmount, 2);
  channel.open();
  assert.deepEqual(channel.wire, ['a', 'b']);
  assert.deepEqual(events, ['open']);
});

test('what may wait is bounded', () => {
  const { stream } = outbound();
  const block = new ArrayBuffer(256 << 10);
  for (let i = 0; i < QUEUE_BYTES_MAX / block.byteLength; i++) send(stream, block);
  assert.throws(() => send(stream, 'x'), (error: unknown) => error instanceof ChannelError && error.code === 'queue-full');
});

test('a message over what the peer takes is refused, one that waited already is reported', () => {
  const { stream, events } = outbound();
  send(stream, 'x'.repeat(2000));
  send(stream, 'fits');
  const channel = new FakeChannel();
  stream.attach(channel, () => 1000);
  channel.open();
  assert.deepEqual(channel.wire, ['fits']);
  assert.ok(events.includes('too-large'));
  assert.throws(() => send(stream, 'x'.repeat(1001)), (error: unknown) => error instanceof ChannelError && error.code === 'too-large');
});

test('a large backlog is handed over in portions, and low is told once', () => {
  const { stream, events } = outbound();
  const channel = new FakeChannel();
  stream.attach(channel, () => 262144);
  channel.open();
  for (let i = 0; i < 40; i++) send(stream, new ArrayBuffer(100_000));
  assert.ok(channel.wire.length < 15, `${channel.wire.length}`);
  for (let i = 0; i < 10; i++) channel.drain();
  assert.equal(channel.wire.length, 40);
  assert.equal(events.filter((event) => event === 'low').length, 1);
});

test('the next connection begins with what was not acknowledged', () => {
  const { stream, events } = outbound();
  const first = new FakeChannel();
  stream.attach(first, () => null);
  first.open();
  for (const text of ['1', '2', '3', '4']) send(stream, text);
  const [name, from] = (stream.init.protocol ?? '').split('.');
  assert.equal(from, '1');
  stream.acknowledge(name ?? '', 2);
  stream.acknowledge('other', 4);
  assert.equal(stream.init.protocol, `${name}.3`);
  const second = new FakeChannel();
  stream.attach(second, () => null);
  assert.equal(first.readyState, 'closed');
  second.open();
  assert.deepEqual(second.wire, ['3', '4']);
  assert.deepEqual(events, ['open'], 'the application does not see the change');
  stream.end();
  stream.end();
  assert.deepEqual(events, ['open', 'close']);
});

test('limited retransmission is passed on and nothing is kept', () => {
  const { stream } = outbound({ ordered: false, maxRetransmits: 0 });
  assert.deepEqual(stream.init, { protocol: '', ordered: false, maxRetransmits: 0 });
  const first = new FakeChannel();
  stream.attach(first, () => null);
  first.open();
  send(stream, 'x');
  const second = new FakeChannel();
  stream.attach(second, () => null);
  second.open();
  assert.deepEqual(second.wire, []);
});

test('a receiver knows a repeated message by its number', () => {
  const stream = new InboundStream();
  const heard: Payload[] = [];
  stream.listen((data) => heard.push(data));
  stream.begin('abc.1');
  for (const text of ['1', '2', '3']) stream.receive(text);
  stream.begin('abc.2');
  for (const text of ['2', '3', '4']) stream.receive(text);
  assert.deepEqual(heard, ['1', '2', '3', '4']);
  assert.deepEqual(stream.takeAck(), ['abc', 4]);
  stream.begin('new.1');
  stream.receive('1');
  assert.deepEqual(heard.slice(-1), ['1']);
});

test('what comes before anybody listens waits, within limits', () => {
  const stream = new InboundStream();
  stream.begin('');
  for (let i = 0; i < 1000; i++) stream.receive(`${i}`);
  const heard: Payload[] = [];
  stream.listen((data) => heard.push(data));
  assert.equal(heard.length, 256);
  assert.equal(stream.takeAck(), null);
});

test('replaced connections neither lose nor repeat a message, whatever acknowledgements get lost', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const { stream } = outbound();
    const inbound = new InboundStream();
    const heard: Payload[] = [];
    const sent: string[] = [];
    inbound.listen((data) => heard.push(data));
    let channel = new FakeChannel();
    let read = 0;
    const connect = (): void => {
      channel = new FakeChannel();
      read = 0;
      const { protocol } = stream.init;
      stream.attach(channel, () => null);
      inbound.begin(protocol ?? '');
      channel.open();
    };
    connect();
    for (let i = 0; i < 300; i++) {
      const choice = random.below(20);
      if (choice === 0) connect();
      else if (choice < 8) {
        sent.push(`m${i}`);
        send(stream, `m${i}`);
      } else if (choice < 16 && read < channel.wire.length) inbound.receive(channel.wire[read++] ?? '');
      else if (choice < 18) {
        const ack = inbound.takeAck();
        if (ack && random.below(2) === 0) stream.acknowledge(...ack);
      }
    }
    connect();
    while (read < channel.wire.length) inbound.receive(channel.wire[read++] ?? '');
    assert.deepEqual(heard, sent, `seed ${seed}`);
  }
});

test('a channel sends to one, to all, and to nobody unknown', () => {
  const streams = new Map([['a', outbound().stream], ['b', outbound().stream]]);
  const channel = new Channel('chat', {}, { streams: () => streams, closed: () => undefined });
  const bytes = new Uint8Array([1, 2, 3]).subarray(1);
  channel.send(bytes);
  channel.send('xyz', 'b');
  assert.deepEqual([channel.bufferedAmount('a'), channel.bufferedAmount('b'), channel.bufferedAmount()], [2, 5, 5]);
  const code = (run: () => void): string => {
    try {
      run();
    } catch (error) {
      return error instanceof ChannelError ? error.code : String(error);
    }
    return 'nothing';
  };
  assert.equal(code(() => channel.send('x', 'c')), 'unknown-peer');
  channel.close();
  assert.equal(code(() => channel.send('x')), 'closed');
  const host = { streams: () => streams, closed: () => undefined };
  assert.equal(code(() => new Channel('x', { maxRetransmits: 1, maxPacketLifeTime: 1 }, host)), 'bad-options');
  assert.equal(code(() => new Channel('parley', {}, host)), 'bad-options');
});
