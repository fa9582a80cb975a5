import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHostKeys, parseInviteFragment } from '../src/keys.js';

describe('the invite of a link', () => {
  it('is taken out of the fragment, which keeps the rest', () => {
    assert.deepEqual(parseInviteFragment('#invite=ey.J_-.x'), { invite: 'ey.J_-.x', rest: '' });
    assert.deepEqual(parseInviteFragment('#key=abc&invite=a.b.c&more'), { invite: 'a.b.c', rest: '#key=abc&more' });
    assert.deepEqual(parseInviteFragment('#key=abc'), { invite: null, rest: '#key=abc' });
  });
  it('is none when it cannot be one', () => {
    for (const hash of ['', '#', '#invite=', '#invite=%3Cb%3E', '#invite=a b', `#invite=${'x'.repeat(513)}`]) {
      assert.equal(parseInviteFragment(hash).invite, null, hash.slice(0, 20));
    }
  });
});

describe('stored host keys', () => {
  const hostKey = 'k'.repeat(32);
  it('keep what has the right shape', () => {
    const stored = [{ room: 'garden', hostKey, more: 1 }, { room: '../x', hostKey }, { room: 'pond', hostKey: 'short' }, null, 'x', { room: 'lake', hostKey: 7 }];
    assert.deepEqual(parseHostKeys(JSON.stringify(stored)), [{ room: 'garden', hostKey }]);
  });
  it('are bounded, and none when storage holds something else', () => {
    const many = Array.from({ length: 60 }, (_, n) => ({ room: `room-${n}`, hostKey }));
    assert.equal(parseHostKeys(JSON.stringify(many)).length, 50);
    for (const text of ['', 'null', '{}', '{"length":3}', '[', '"x"']) assert.deepEqual(parseHostKeys(text), []);
  });
});
