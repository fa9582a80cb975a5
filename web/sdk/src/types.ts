/**
 * The public shapes of the SDK. Names follow the W3C's; units come last in a name.
 */

/** What a track is, whoever sends it. */
export type TrackKind = 'microphone' | 'camera' | 'screen' | 'screen-audio';
export type DeviceKind = 'microphone' | 'camera' | 'speaker';

export interface MediaState { microphone: boolean; camera: boolean; screen: boolean }

/** Why a device could not be had. The app turns each into help in plain words. */
export type MediaErrorCode =
  | 'permission-denied'    // the person or a policy said no
  | 'permission-dismissed' // the question was closed without an answer
  | 'system-denied'        // the operating system keeps the device from the browser
  | 'not-found'            // there is no such device
  | 'busy'                 // another program has it
  | 'insecure'             // the page is not a secure context
  | 'unsupported'          // this browser lacks the API
  | 'failed';              // anything else

export interface Device { kind: DeviceKind; id: string; label: string; groupId: string; isDefault: boolean }

/** State of the signaling connection with the server. */
export type CallState = 'connecting' | 'connected' | 'reconnecting' | 'left';

/** Why a call ended, or could not begin. */
export type EndReason =
  | 'left' | 'room-full' | 'replaced' | 'server-gone' | 'server-full'
  | 'rejected' | 'unsupported-browser' | 'protocol-error'
  | 'locked'            // nobody new may enter
  | 'denied'            // a host did not admit the person
  | 'password-required' | 'password-wrong'
  | 'invite-required' | 'invite-expired'
  | 'rate-limited'      // too many tries to enter: wait a minute
  | 'removed'           // by a host
  | 'ended';            // by a host, for everybody

/** Hosts set who may enter and moderate. */
export type Role = 'host' | 'member';

export interface RoomSettings {
  /** Nobody new may enter. */
  locked: boolean;
  /** Who is new waits until a host admits it. */
  lobby: boolean;
  /** 'invited': only a valid invite lets in; with the lobby on, others wait there. */
  access: 'open' | 'invited';
  /** Whether one is asked for. */
  password: boolean;
}

/** What a host changes: a password of '' takes it away. */
export interface RoomChange { locked?: boolean; lobby?: boolean; access?: 'open' | 'invited'; password?: string }

/**
 * What a host does. Without a peer admit and deny are for all who wait, mute, stop-camera, stop-screen
 * and lower-hand for everybody else; end has none, remove and make-host need one.
 */
export type ModerationAction =
  | 'admit' | 'deny' | 'mute' | 'stop-camera' | 'stop-screen' | 'lower-hand' | 'remove' | 'make-host' | 'end';

/** Somebody who waits to be admitted. */
export interface Knocker { id: string; name: string }

/** State of the media connection with one peer. */
export type PeerConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'lost';

export interface CandidateInfo {
  type: 'host' | 'srflx' | 'prflx' | 'relay';
  protocol: 'udp' | 'tcp';
  /** Of a relay candidate: how this browser reaches the relay. */
  relayProtocol?: 'udp' | 'tcp' | 'tls';
  address: string;
  port: number;
  url?: string;
}

/** The way that media takes now. */
export interface PathInfo {
  kind: 'none' | 'direct' | 'relay';
  /** Over what: of a relay, how the nearer end reaches it. */
  protocol: 'udp' | 'tcp' | 'tls';
  local?: CandidateInfo;
  remote?: CandidateInfo;
}

/** One stream of media in one direction over the last interval. */
export interface TrackStats {
  kind: TrackKind;
  direction: 'inbound' | 'outbound';
  codec: string;
  bitrateBps: number;
  packets: number;          // since the beginning
  packetsLost: number;      // since the beginning
  lossFraction: number;     // 0..1 over the interval
  jitterMs: number;
  rttMs: number | null;
  fps: number | null;
  width: number | null;
  height: number | null;
  framesDecoded: number | null;
  framesDropped: number | null;
  freezeCount: number | null;
  freezeMs: number | null;
  audioEnergy: number | null;     // totalAudioEnergy since the beginning
  limitedBy: 'none' | 'cpu' | 'bandwidth' | 'other' | null; // outbound video
}

export type Quality = 'unknown' | 'good' | 'fair' | 'poor' | 'lost';

export interface PeerStats {
  peer: string;
  atMs: number;            // performance.now()
  rttMs: number | null;    // of the selected candidate pair
  availableOutgoingBps: number | null;
  sentBps: number;
  receivedBps: number;
  lossFraction: number;    // worst of all tracks
  jitterMs: number;        // worst of all inbound tracks
  quality: Quality;
  path: PathInfo;
  tracks: TrackStats[];
}

export interface ChannelOptions {
  ordered?: boolean;              // default true
  maxRetransmits?: number;        // not together with maxPacketLifeTime
  maxPacketLifeTime?: number;     // ms
}

export interface ChannelMessage { from: string; data: string | ArrayBuffer }

export interface JoinOptions {
  name?: string;
  /** Preview that goes on as the call's media; without it nothing is sent until the call's `media` is switched on. */
  media?: import('./media.js').LocalMedia;
  /** From the beginning: see the methods of Call of the same names. */
  sendLimits?: VideoLimits;
  receiveLimits?: VideoLimits;
  videoCodec?: string | null;
  /** Ends the attempt. */
  signal?: AbortSignal;
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Instead of the server's. */
  iceServers?: RTCIceServer[];
  /** From newRoom: makes the person host of the room that belongs to it. */
  hostKey?: string;
  password?: string;
  /** From Call.invite. */
  invite?: string;
  /** A host has to admit the person; join goes on when it did. */
  onWaiting?: () => void;
  /** Address of the server where it is not the room URL's own origin. */
  server?: string;
}

/** Events of a `Call`. */
export interface CallEvents {
  state: { state: CallState; reason?: EndReason };
  'peer-joined': { peer: import('./peer.js').Peer };
  'peer-left': { peer: import('./peer.js').Peer; reason: 'bye' | 'lost' | 'removed' };
  /** Name, media state, connection, path, speaking: anything that a tile shows. */
  'peer-changed': { peer: import('./peer.js').Peer };
  /** A track of a peer came or went; tracks stay the same over mute. */
  'tracks-changed': { peer: import('./peer.js').Peer };
  stats: { peer: import('./peer.js').Peer; stats: PeerStats };
  path: { path: PathInfo };
  'active-speaker': { peer: import('./peer.js').Peer | null };
  /** The person's own role. */
  role: { role: Role };
  settings: { settings: RoomSettings };
  /** For hosts: somebody waits to be admitted, or not any more. */
  knock: Knocker;
  'knock-gone': { id: string };
  /** A host has done this to the person; it is done already. */
  moderated: { action: 'mute' | 'stop-camera' | 'stop-screen' | 'lower-hand'; by: import('./peer.js').Peer | null };
  /** The person's own hand. */
  hand: { hand: number };
  error: { error: Error };
  /** A connection with a peer begins. For looking at: changing it would break the call. */
  connection: { peer: import('./peer.js').Peer; pc: RTCPeerConnection };
  /** A message of the signaling was sent or came; some hold secrets. */
  signal: { direction: 'in' | 'out'; message: import('./protocol.gen.js').ClientMessage | import('./protocol.gen.js').ServerMessage };
}

/** What the browser does to the sound of the microphone. */
export interface SoundOptions { echoCancellation: boolean; noiseSuppression: boolean; autoGainControl: boolean }

export interface CameraLimits { heightMax?: number; frameRateMax?: number }

/** How much video may be sent. What is absent is not limited. */
export interface VideoLimits {
  /** Lines of the picture's shorter side; 0: no picture at all. Of a screen only the 0 counts. */
  heightMax?: number;
  frameRateMax?: number;
  bitrateBpsMax?: number;
}

export interface ScreenOptions {
  /** Ask for the sound as well; default true. */
  audio?: boolean;
  /** 'detail' (default): every letter sharp; 'motion': films and games. */
  hint?: 'detail' | 'motion';
  frameRate?: number;
}

/** Makes another track of a camera's, which it leaves as it is. */
export type VideoEffect = (camera: MediaStreamTrack) => Promise<{ track: MediaStreamTrack; close(): void }>;

/** Events of a `LocalMedia`. */
export interface LocalMediaEvents {
  /** A track started, stopped, was muted or replaced. */
  change: { kind: TrackKind };
  devices: { devices: Device[] };
  /** A device in use went away; `replacedBy` is what is used instead, if anything. */
  'device-lost': { kind: DeviceKind; label: string; replacedBy: Device | null };
  /** A device that was lost is in use again. */
  'device-back': { kind: DeviceKind; label: string };
  'device-failed': { kind: TrackKind; code: MediaErrorCode };
  /** The system has another default device, which is used now. The page has to play through a new speaker itself. */
  'default-changed': { kind: DeviceKind; label: string };
  /** The system keeps the device to itself, as during a telephone call; nothing is heard or seen of it. */
  interrupted: { kind: 'microphone' | 'camera' };
  resumed: { kind: 'microphone' | 'camera' };
  /** The camera's plain picture is sent. */
  'effect-failed': { error: Error };
}
