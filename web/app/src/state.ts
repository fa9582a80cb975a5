/** What the app shows, as one value. `reduce` makes the next one; nothing else changes it. */
import type {
  CallState, Device, DeviceKind, EndReason, MediaErrorCode, MediaState, PathInfo, PeerConnectionState, PeerStats, Quality,
  TrackKind,
} from '@parley/client';
import type { Key } from './i18n/index.js';
import type { Route } from './router.js';

export type Input = 'microphone' | 'camera';
export type Phase = 'prejoin' | 'joining' | 'waiting' | 'call' | 'ended';
/** The room's password, as it is asked at the door. */
export type Password = 'none' | 'wanted' | 'wrong';
/** Which panel or dialog is open: one of the call's own, or one that a feature brings. */
export type Panel = 'people' | 'connection' | (string & {});
export type DialogName = 'devices' | 'help' | 'more' | 'permissions' | (string & {});

export interface InputState {
  on: boolean;
  starting: boolean;
  problem: MediaErrorCode | null;
}

export interface PeerView {
  id: string;
  name: string;
  media: MediaState;
  connection: PeerConnectionState;
  away: boolean;
  path: PathInfo;
  quality: Quality;
  speaking: boolean;
  stats: PeerStats | null;
  /** Null while that kind is not sent, or has not arrived yet. */
  camera: MediaStream | null;
  screen: MediaStream | null;
}

/** A sentence: one of the core's texts, or what a feature has said in its own. */
export type Notice = { key: Key; params: Readonly<Record<string, string | number>> } | { text: string };

export type Toast = Notice & { id: number; tone: 'info' | 'warning' };

export interface State {
  route: Route;
  phase: Phase;
  name: string;
  password: Password;
  inputs: Record<Input, InputState>;
  screenOn: boolean;
  devices: readonly Device[];
  selected: Partial<Record<DeviceKind, string>>;
  callState: CallState;
  /** In order of arrival. */
  peers: readonly PeerView[];
  path: PathInfo;
  joinedAtMs: number;
  end: EndReason | null;
  panel: Panel | null;
  /** Whose connection the panel shows; null: the first one's. */
  connectionPeer: string | null;
  dialog: DialogName | null;
  /** Which device's help the permissions dialog shows. */
  problemKind: TrackKind;
  toasts: readonly Toast[];
  /** Read out by screen readers; `count` makes a repetition a change. */
  announcement: (Notice & { count: number }) | null;
  audioBlocked: boolean;
  pinned: string | null;
  fullScreen: boolean;
}

export const noPath: PathInfo = { kind: 'none', protocol: 'udp' };

const input: InputState = { on: false, starting: false, problem: null };

export function initialState(name: string, route: Route): State {
  return {
    route, name, phase: 'prejoin', password: 'none',
    inputs: { microphone: input, camera: input },
    screenOn: false, devices: [], selected: {}, end: null, dialog: null, problemKind: 'camera', toasts: [], announcement: null,
    fullScreen: false,
    ...outsideCall,
  };
}

/** The part of the state that a call fills, as it is without one. */
export const outsideCall = {
  callState: 'connecting', peers: [], path: noPath, joinedAtMs: 0,
  panel: null, connectionPeer: null, audioBlocked: false, pinned: null,
} satisfies Partial<State>;
