import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reduce, type Action } from '../src/reduce.js';
import { initialState, noPath, type PeerView, type State } from '../src/state.js';

const route = { page: 'room', room: 'garden', name: null, join: false } as const;

function peer(id: string, change: Partial<PeerView> = {}): PeerView {
  return {
    id, name: id.toUpperCase(), media: { microphone: true, camera: true, screen: false }, connection: 'connecting', away: false,
    path: noPath, quality: 'unknown', speaking: false, stats: null, camera: null, screen: null, ...change,
  };
}

function after(actions: Action[], start: State = initialState('Ann', route)): State {
  return actions.reduce(reduce, start);
}

const joined: Action[] = [{ type: 'joining' }, { type: 'joined', peers: [peer('a')], atMs: 5 }];

describe('reduce', () => {
  it('goes from the door into the call and out of it', () => {
    const inside = after(joined);
    assert.equal(inside.phase, 'call');
    assert.equal(inside.joinedAtMs, 5);
    const outside = after([{ type: 'panel', panel: 'people' }, { type: 'ended', reason: 'left' }], inside);
    assert.equal(outside.phase, 'ended');
    assert.equal(outside.end, 'left');
    assert.deepEqual([outside.peers, outside.panel], [[], null]);
  });

  it('takes the name from the address, else keeps the one that it has', () => {
    const state = initialState('Ann', route);
    assert.equal(reduce(state, { type: 'route', route: { ...route, name: 'Kiosk' } }).name, 'Kiosk');
    assert.equal(reduce(state, { type: 'route', route }).name, 'Ann');
  });

  it('adds a peer once, keeps the order of arrival, announces it', () => {
    const state = after([...joined, { type: 'peer', peer: peer('b') }, { type: 'peer', peer: peer('a', { name: 'Boris' }) }]);
    assert.deepEqual(state.peers.map(({ name }) => name), ['Boris', 'B']);
    assert.deepEqual(state.announcement, { key: 'live.joined', params: { name: 'B' }, count: 1 });
  });

  it('forgets all that pointed to a peer that left', () => {
    const state = after([
      ...joined, { type: 'pin', key: 'a:screen' }, { type: 'panel', panel: 'connection', peer: 'a' },
      { type: 'peer-left', id: 'a' },
    ]);
    assert.deepEqual([state.peers, state.pinned, state.connectionPeer], [[], null, null]);
  });

  it('announces the same words again as something new', () => {
    const said: Action = { type: 'announce', notice: { text: 'Boris: yes' } };
    assert.deepEqual(after([said, said]).announcement, { text: 'Boris: yes', count: 2 });
  });

  it('shows the same toast once, and at most three', () => {
    const toast = (id: number, key: 'invite.copied' | 'toast.page-failed' | 'toast.device-failed' | 'toast.screen-failed'): Action =>
      ({ type: 'toast', toast: { id, key, params: {}, tone: 'info' } });
    const state = after([toast(1, 'invite.copied'), toast(2, 'invite.copied')]);
    assert.deepEqual(state.toasts.map(({ id }) => id), [2]);
    const more = after([toast(3, 'toast.page-failed'), toast(4, 'toast.device-failed'), toast(5, 'toast.screen-failed')], state);
    assert.deepEqual(more.toasts.map(({ id }) => id), [3, 4, 5]);
    assert.deepEqual(reduce(more, { type: 'toast-gone', id: 4 }).toasts.map(({ id }) => id), [3, 5]);
  });

  it('keeps why a device did not start until it starts', () => {
    const failed = after([{ type: 'input-starting', kind: 'camera' }, { type: 'input-failed', kind: 'camera', code: 'busy' }]);
    assert.deepEqual(failed.inputs.camera, { on: false, starting: false, problem: 'busy' });
    const other = reduce(failed, { type: 'inputs', microphone: true, camera: false, screen: false });
    assert.equal(other.inputs.camera.problem, 'busy');
    const works = reduce(failed, { type: 'inputs', microphone: true, camera: true, screen: false });
    assert.equal(works.inputs.camera.problem, null);
  });

  it('pins and, asked again, unpins', () => {
    const pinned = after([...joined, { type: 'pin', key: 'a' }]);
    assert.equal(pinned.pinned, 'a');
    assert.equal(reduce(pinned, { type: 'pin', key: 'a' }).pinned, null);
  });
});
