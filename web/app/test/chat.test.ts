import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerMsMax, Asking } from '../src/features/chat/history.js';
import { entriesMax, keyOf, Log } from '../src/features/chat/log.js';
import { encodeChat, historyBytesMax, historyMax, parseChat, textMax, type Earlier } from '../src/features/chat/message.js';

const earlier = (id: string, change: Partial<Earlier> = {}): Earlier => ({
  id, from: 'b', name: 'Boris', text: `text ${id}`, atMs: 1000, replyTo: null, edited: false, ...change,
});

describe('chat messages', () => {
  it('survive the way', () => {
    const say = { type: 'say', id: '1', text: 'Hello\n"you"', replyTo: '0', isPrivate: true } as const;
    assert.deepEqual(parseChat(encodeChat(say, 5)), say);
    for (const message of [
      { type: 'edit', id: '1', text: 'x' }, { type: 'delete', id: '1' }, { type: 'history?', id: '1' },
      { type: 'history', id: '1', nowMs: 7, messages: [earlier('2'), earlier('3', { replyTo: '2', edited: true })] },
    ] as const) assert.deepEqual(parseChat(encodeChat(message, 5)), message);
  });

  it('of the first version are read', () => {
    assert.deepEqual(parseChat('{"id":"1","text":"x"}'), { type: 'say', id: '1', text: 'x', replyTo: null, isPrivate: false });
  });

  it('are refused when they are none', () => {
    const bad = [
      new ArrayBuffer(4), '', 'null', '[]', '{}', '{"id":1,"text":"x"}', '{"id":"1","text":" "}', '{"id":"","text":"x"}',
      `{"id":"1","text":"${'x'.repeat(textMax + 1)}"}`, `{"id":"${'x'.repeat(65)}","text":"x"}`, ' '.repeat(1_000_000),
      '{"type":"shout","id":"1","text":"x"}', '{"type":"edit","id":"1"}', '{"type":"history","id":"1","messages":[]}',
      '{"type":"history","id":"1","now_ms":-1,"messages":[]}', '{"type":"history","id":"1","now_ms":1,"messages":{}}',
      JSON.stringify({ type: 'history', id: '1', now_ms: 1, messages: Array(historyMax + 1).fill(0) }),
    ];
    for (const data of bad) assert.equal(parseChat(data), null);
  });

  it('tell as much as fits, the newest, and leave out what is malformed', () => {
    const long = Array.from({ length: 300 }, (_, n) => earlier(String(n), { text: 'ы'.repeat(textMax) }));
    const data = encodeChat({ type: 'history', id: 'h', nowMs: 1, messages: long }, 1);
    assert.ok(new TextEncoder().encode(data).length < historyBytesMax + 200);
    const message = parseChat(data);
    assert.ok(message?.type === 'history');
    assert.equal(message.messages.at(-1)?.id, '299');
    assert.ok(message.messages.length > 5);
    const some = parseChat(JSON.stringify({ type: 'history', id: 'h', now_ms: 1, messages: [null, { id: '1' }, { id: 'a', from: 'b', name: '', text: 'x', at_ms: 1 }] }));
    assert.ok(some?.type === 'history');
    assert.deepEqual(some.messages.map(({ id }) => id), ['a']);
  });
});

describe('Log', () => {
  const said = (id: string, from = 'a', atMs = 1) => ({ id, from, name: from, text: `text ${id}`, atMs, replyTo: null, private: null });

  it('shows a message that comes twice once, and the same id of somebody else too', () => {
    const log = new Log();
    assert.deepEqual([log.add(said('1')), log.add(said('1')), log.add(said('1', 'b'))], [true, false, true]);
  });

  it('keeps a bounded number', () => {
    const log = new Log();
    for (let n = 0; n < entriesMax + 10; n++) log.add(said(String(n)));
    assert.equal(log.entries.length, entriesMax);
    assert.equal(log.entries[0]?.id, '10');
  });

  it('lets only the writer change or delete a message, and nobody bring it back', () => {
    const log = new Log();
    log.add(said('1'));
    log.change('b', '1', 'forged');
    assert.equal(log.entries[0]?.text, 'text 1');
    log.change('a', '1', 'better');
    assert.deepEqual([log.entries[0]?.text, log.entries[0]?.edited], ['better', true]);
    log.change('a', '1', null);
    log.change('a', '1', 'again');
    assert.deepEqual([log.entries[0]?.text, log.entries[0]?.deleted], ['', true]);
  });

  it('takes in what was said before, once, at its place by the own clock', () => {
    const log = new Log();
    log.add(said('live', 'b', 50_000));
    const fresh = log.merge([earlier('1', { atMs: 4000 }), earlier('live', { atMs: 9000 }), earlier('2', { atMs: 99_999 })], 'me', 10_000, 60_000);
    assert.deepEqual(fresh.map(({ id }) => id), ['1', '2']);
    assert.deepEqual(log.entries.map(({ id, atMs, earlier: told }) => [id, atMs, told]), [['live', 50_000, false], ['1', 54_000, true], ['2', 60_000, true]]);
    assert.deepEqual(log.merge([earlier('1')], 'me', 10_000, 60_000), []);
  });

  it('lets nobody tell what oneself has said', () => {
    const log = new Log();
    assert.deepEqual(log.merge([earlier('1', { from: 'me' }), earlier('2', { from: 'self' })], 'me', 1, 1), []);
  });

  it('applies a change that came before the message itself was told', () => {
    const log = new Log();
    log.change('b', '1', 'better');
    log.change('b', '2', null);
    log.merge([earlier('1'), earlier('2')], 'me', 1, 1);
    assert.deepEqual(log.entries.map(({ text, deleted }) => [text, deleted]), [['better', false], ['', true]]);
  });

  it('tells nothing private and nothing deleted', () => {
    const log = new Log();
    log.add(said('1', 'self'));
    log.add({ ...said('2'), private: { id: 'a', name: 'A' } });
    log.add(said('3'));
    log.change('a', '3', null);
    assert.deepEqual(log.tell('me', 'Ann').map(({ id, from, name }) => [id, from, name]), [['1', 'me', 'Ann']]);
  });

  it('knows what an answer quotes', () => {
    const log = new Log();
    log.add(said('1'));
    log.add({ ...said('2', 'b'), replyTo: '1' });
    assert.equal(log.answered(log.find(keyOf('b', '2'))!)?.key, keyOf('a', '1'));
  });
});

describe('Asking', () => {
  function scene(peers: string[]) {
    const sent: [string, string][] = [];
    let late: (() => void) | null = null;
    const asking = new Asking(peers, {
      send: (peer, id) => sent.push([peer, id]),
      after: (ms, act) => {
        assert.equal(ms, answerMsMax);
        late = act;
        return () => { late = null; };
      },
    });
    return { asking, sent, late: () => late?.(), waits: () => late !== null };
  }

  it('asks one, and is done with the answer', async () => {
    const { asking, sent, waits } = scene(['a', 'b']);
    assert.deepEqual(sent.map(([peer]) => peer), ['a']);
    assert.equal(asking.accept('a', 'other'), false);
    assert.equal(asking.accept('b', sent[0]![1]), false);
    assert.equal(asking.accept('a', sent[0]![1]), true);
    assert.equal(asking.accept('a', sent[0]![1]), false);
    await asking.settled;
    assert.equal(waits(), false);
  });

  it('asks the next when nobody answers, or has left, and takes a late answer', async () => {
    const { asking, sent, late, waits } = scene(['a', 'b', 'c', 'd']);
    asking.gone('c');
    late();
    assert.deepEqual(sent.map(([peer]) => peer), ['a', 'b']);
    asking.gone('a');
    assert.equal(sent.length, 2);
    asking.gone('b');
    assert.deepEqual(sent.map(([peer]) => peer), ['a', 'b', 'd']);
    late();
    await asking.settled;
    assert.equal(waits(), false);
    assert.equal(asking.accept('d', sent[2]![1]), true);
  });
});
