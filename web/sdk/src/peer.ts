/** Peer: another person in the call, as the app sees them. */

import { NO_PATH } from './path.js';
import type { Peer as PeerInfo } from './protocol.gen.js';
import type {
  MediaState, PathInfo, PeerConnectionState, PeerStats, Quality, Role, TrackKind,
} from './types.js';

/** Another person in the call. The object stays the same for the whole stay; `peer-changed` says that something of it is another. */
export class Peer {
  /** Of this stay: who comes again has another one. */
  readonly id: string;
  /** What the person calls itself, not checked by anybody. */
  name = '';
  /** What the person sends, as it says. */
  media: MediaState = { microphone: false, camera: false, screen: false };
  /** Hosts may moderate. */
  role: Role = 'member';
  /** 0: down. Otherwise a number that is lower the earlier the hand was raised. */
  hand = 0;
  /** It records the call. */
  recording = false;
  /** Whether media can flow. */
  connection: PeerConnectionState = 'connecting';
  /** 'away': its signaling socket is gone; media may still flow. */
  signaling: 'present' | 'away' = 'present';
  /** The way that media takes with this peer. */
  path: PathInfo = NO_PATH;
  /** How good the connection is. */
  quality: Quality = 'unknown';
  /** Its voice is heard now. */
  speaking = false;
  /** Level of its voice now, 0..1. */
  level = 0;
  /** The newest statistics, null before the first. */
  stats: PeerStats | null = null;
  /** Camera and microphone. The object stays the same while tracks come and go. */
  readonly stream = new MediaStream();
  /** Screen and its sound. */
  readonly screenStream = new MediaStream();

  /** @internal */
  readonly received = new Map<TrackKind, MediaStreamTrack>();

  /** @internal */
  constructor(id: string) {
    this.id = id;
  }

  /** @internal What the server says about it. */
  inform({ name, media, role, hand, recording }: Pick<PeerInfo, 'name' | 'media' | 'role' | 'hand' | 'recording'>): void {
    Object.assign(this, { name, media, role, hand, recording });
  }

  /** One track of the peer, for what `stream` is too coarse for. Null while the peer does not send that kind. The microphone's track stays over mute. */
  track(kind: TrackKind): MediaStreamTrack | null {
    const track = this.received.get(kind);
    if (!track) return null;
    if (kind === 'camera' && !this.media.camera) return null;
    return (kind === 'screen' || kind === 'screen-audio') && !this.media.screen ? null : track;
  }

  /** @internal Brings the streams in line with `track`; true if one of them changed. */
  arrangeStreams(): boolean {
    const camera = arrange(this.stream, [this.track('microphone'), this.track('camera')]);
    const screen = arrange(this.screenStream, [this.track('screen'), this.track('screen-audio')]);
    return camera || screen;
  }
}

function arrange(stream: MediaStream, tracks: (MediaStreamTrack | null)[]): boolean {
  const stale = stream.getTracks().filter((track) => !tracks.includes(track));
  const fresh = tracks.filter((track) => track !== null).filter((track) => !stream.getTracks().includes(track));
  for (const track of stale) stream.removeTrack(track);
  for (const track of fresh) stream.addTrack(track);
  return stale.length + fresh.length > 0;
}
