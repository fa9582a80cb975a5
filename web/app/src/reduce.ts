/** (state, action) -> state. Pure: the time and the ids come with the actions. */
import type { CallState, Device, DeviceKind, EndReason, MediaErrorCode, PathInfo, PeerStats, TrackKind } from '@parley/client';
import type { Route } from './router.js';
import {
  outsideCall, type DialogName, type Input, type InputState, type Notice, type Panel, type Password, type PeerView, type State,
  type Toast,
} from './state.js';

export type Action =
  | { type: 'route'; route: Route }
  | { type: 'name'; name: string }
  | { type: 'input-starting'; kind: Input }
  | { type: 'input-failed'; kind: Input; code: MediaErrorCode }
  | { type: 'inputs'; microphone: boolean; camera: boolean; screen: boolean }
  | { type: 'devices'; devices: readonly Device[]; selected: Partial<Record<DeviceKind, string>> }
  | { type: 'joining' }
  | { type: 'waiting' }
  | { type: 'door'; password: Password }
  | { type: 'joined'; peers: readonly PeerView[]; atMs: number }
  | { type: 'ended'; reason: EndReason }
  | { type: 'call-state'; state: CallState }
  | { type: 'peer'; peer: PeerView }
  | { type: 'peer-left'; id: string }
  | { type: 'peer-stats'; id: string; stats: PeerStats }
  | { type: 'path'; path: PathInfo }
  | { type: 'panel'; panel: Panel | null; peer?: string }
  | { type: 'dialog'; dialog: DialogName | null; kind?: TrackKind }
  | { type: 'announce'; notice: Notice }
  | { type: 'toast'; toast: Toast }
  | { type: 'toast-gone'; id: number }
  | { type: 'audio-blocked'; blocked: boolean }
  | { type: 'pin'; key: string | null }
  | { type: 'full-screen'; on: boolean };

const toastMax = 3;

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'route': return enter(state, action.route);
    case 'name': return { ...state, name: action.name };
    case 'input-starting': return withInput(state, action.kind, { starting: true, problem: null });
    case 'input-failed': return withInput(state, action.kind, { on: false, starting: false, problem: action.code });
    case 'inputs': return setInputs(state, action);
    case 'devices': return { ...state, devices: action.devices, selected: action.selected };
    case 'joining': return { ...state, ...outsideCall, phase: 'joining', end: null, dialog: null };
    case 'waiting': return { ...state, phase: 'waiting' };
    case 'door': return { ...state, phase: 'prejoin', password: action.password };
    case 'joined':
      return {
        ...state, phase: 'call', password: 'none', peers: action.peers, joinedAtMs: action.atMs, callState: 'connected',
      };
    case 'ended': return { ...state, ...outsideCall, phase: 'ended', password: 'none', end: action.reason, dialog: null, screenOn: false };
    case 'call-state': return { ...state, callState: action.state };
    case 'peer': return setPeer(state, action.peer);
    case 'peer-left': return removePeer(state, action.id);
    case 'peer-stats': return changePeer(state, action.id, { stats: action.stats });
    case 'path': return { ...state, path: action.path };
    case 'panel': return showPanel(state, action.panel, action.peer);
    case 'dialog': return { ...state, dialog: action.dialog, problemKind: action.kind ?? state.problemKind };
    case 'announce': return announce(state, action.notice);
    case 'toast': return addToast(state, action.toast);
    case 'toast-gone': return { ...state, toasts: state.toasts.filter((toast) => toast.id !== action.id) };
    case 'audio-blocked': return { ...state, audioBlocked: action.blocked };
    case 'pin': return { ...state, pinned: state.pinned === action.key ? null : action.key };
    case 'full-screen': return { ...state, fullScreen: action.on };
  }
}

function enter(state: State, route: Route): State {
  const name = (route.page === 'room' && route.name) || state.name;
  return { ...state, ...outsideCall, route, name, phase: 'prejoin', password: 'none', end: null, dialog: null, toasts: [], announcement: null };
}

function withInput(state: State, kind: Input, change: Partial<InputState>): State {
  return { ...state, inputs: { ...state.inputs, [kind]: { ...state.inputs[kind], ...change } } };
}

function setInputs(state: State, now: { microphone: boolean; camera: boolean; screen: boolean }): State {
  const next = (kind: Input): InputState => {
    const before = state.inputs[kind];
    return now[kind] ? { on: true, starting: false, problem: null } : { ...before, on: false };
  };
  return { ...state, inputs: { microphone: next('microphone'), camera: next('camera') }, screenOn: now.screen };
}

function setPeer(state: State, peer: PeerView): State {
  if (state.peers.some((p) => p.id === peer.id)) return changePeer(state, peer.id, peer);
  return announce({ ...state, peers: [...state.peers, peer] }, { key: 'live.joined', params: { name: peer.name } });
}

function changePeer(state: State, id: string, change: Partial<PeerView>): State {
  return { ...state, peers: state.peers.map((p) => (p.id === id ? { ...p, ...change } : p)) };
}

function removePeer(state: State, id: string): State {
  const isTheirs = (key: string | null): boolean => key === id || key === `${id}:screen`;
  return {
    ...state,
    peers: state.peers.filter((p) => p.id !== id),
    pinned: isTheirs(state.pinned) ? null : state.pinned,
    connectionPeer: state.connectionPeer === id ? null : state.connectionPeer,
  };
}

function showPanel(state: State, panel: Panel | null, peer?: string): State {
  return { ...state, panel, dialog: null, connectionPeer: peer ?? state.connectionPeer };
}

/** Said again, a message takes the place of its earlier self. */
function addToast(state: State, toast: Toast): State {
  const said = (notice: Notice): string => JSON.stringify('text' in notice ? notice.text : [notice.key, notice.params]);
  const others = state.toasts.filter((other) => said(other) !== said(toast));
  return { ...state, toasts: [...others, toast].slice(-toastMax) };
}

function announce(state: State, notice: Notice): State {
  return { ...state, announcement: { ...notice, count: (state.announcement?.count ?? 0) + 1 } };
}
