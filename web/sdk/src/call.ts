/** Call: one person's stay in a room. */

import { Channel } from './channels.js';
import { Emitter } from './emitter.js';
import { JoinError } from './errors.js';
import { LocalMedia } from './media.js';
import type { Peer } from './peer.js';
import { browserProblem } from './quirks.js';
import type { CallEvents, CallState, ChannelOptions, JoinOptions, PathInfo, PeerStats } from './types.js';

export declare class Call extends Emitter<CallEvents> {
  readonly id: string;
  readonly room: string;
  readonly name: string;
  readonly state: CallState;
  readonly peers: ReadonlyMap<string, Peer>;
  readonly media: LocalMedia;
  /** The worst of all peers. */
  readonly path: PathInfo;
  /** People that the room can hold. */
  readonly maxPeers: number;
  setName(name: string): void;
  /** A channel to all peers, present and to come. The same label gives the same channel. */
  channel(label: string, options?: ChannelOptions): Channel;
  /** Looks for a better path, or for any. */
  restartIce(): void;
  leave(): void;
  stats(): Promise<PeerStats[]>;
}

/** Enters the room of `url`, like https://host/r/room. Rejects with JoinError. */
export async function join(url: string | URL, options: JoinOptions = {}): Promise<Call> {
  void url;
  void options;
  throw new JoinError('unsupported-browser', browserProblem() ?? '');
}
