/**
 * The public shapes of the SDK. Names follow the W3C's; units come last in a name.
 */

/** What a track is, whoever sends it. */
export type TrackKind = 'microphone' | 'camera' | 'screen' | 'screen-audio';
/** What a device is for. */
export type DeviceKind = 'microphone' | 'camera' | 'speaker';

/** What somebody sends now. A muted microphone is false. */
export interface MediaState { microphone: boolean; camera: boolean; screen: boolean }

/**
 * Why a device could not be had. Turn each into help in plain words.
 *
 * - 'permission-denied': the person or a policy said no
 * - 'permission-dismissed': the question was closed without an answer
 * - 'system-denied': the operating system keeps the device from the browser
 * - 'not-found': there is no such device
 * - 'busy': another program has it
 * - 'insecure': the page is not a secure context
 * - 'unsupported': this browser lacks the API
 * - 'failed': anything else
 */
export type MediaErrorCode =
  | 'permission-denied' | 'permission-dismissed' | 'system-denied' | 'not-found' | 'busy' | 'insecure' | 'unsupported' | 'failed';

/** A device as `enumerateDevices` lists it. `label` is empty before the first permission; `groupId` is the same for parts of one thing. */
export interface Device { kind: DeviceKind; id: string; label: string; groupId: string; isDefault: boolean }

/**
 * State of the signaling connection with the server. Media goes on while it is 'reconnecting'.
 *
 * - 'connecting': not in the room yet
 * - 'connected': in the room
 * - 'reconnecting': the connection was lost and is tried again
 * - 'left': the call is over, with an EndReason
 */
export type CallState = 'connecting' | 'connected' | 'reconnecting' | 'left';

/**
 * Why a call ended, or could not begin.
 *
 * - 'left': the person left
 * - 'room-full': the room holds no more people
 * - 'replaced': the same person is here from another page
 * - 'server-gone': the server could not be reached, or not again
 * - 'server-full': the server takes no more calls now
 * - 'rejected': the address or the entry was not accepted
 * - 'unsupported-browser': this browser cannot make calls
 * - 'protocol-error': server and SDK do not understand each other
 * - 'locked': nobody new may enter
 * - 'denied': a host did not admit the person
 * - 'password-required', 'password-wrong': give JoinOptions.password
 * - 'invite-required', 'invite-expired': give JoinOptions.invite
 * - 'rate-limited': too many tries to enter, wait a minute
 * - 'removed': by a host
 * - 'ended': by a host, for everybody
 */
export type EndReason =
  | 'left' | 'room-full' | 'replaced' | 'server-gone' | 'server-full'
  | 'rejected' | 'unsupported-browser' | 'protocol-error'
  | 'locked' | 'denied'
  | 'password-required' | 'password-wrong' | 'invite-required' | 'invite-expired'
  | 'rate-limited' | 'removed' | 'ended';

/** Hosts set who may enter and moderate. */
export type Role = 'host' | 'member';

/** How a room is set now. Everybody in it knows. */
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

/**
 * State of the media connection with one peer.
 *
 * - 'connecting': for the first time
 * - 'connected': media can flow
 * - 'reconnecting': it broke and is being repaired; the last picture stays
 * - 'lost': the peer cannot be reached now
 */
export type PeerConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'lost';

/** One end of the way, as ICE calls it. */
export interface CandidateInfo {
  /** 'host': an own address; 'srflx', 'prflx': as seen from outside; 'relay': of a TURN server. */
  type: 'host' | 'srflx' | 'prflx' | 'relay';
  /** What is spoken with the other end. */
  protocol: 'udp' | 'tcp';
  /** Of a relay candidate: how this browser reaches the relay. */
  relayProtocol?: 'udp' | 'tcp' | 'tls';
  /** Of IP, or empty where the browser hides it. */
  address: string;
  port: number;
  /** Of the STUN or TURN server it was learned from. */
  url?: string;
}

/** The way that media takes now. */
export interface PathInfo {
  /** 'none' until media flows. */
  kind: 'none' | 'direct' | 'relay';
  /** Over what: of a relay, how the nearer end reaches it. */
  protocol: 'udp' | 'tcp' | 'tls';
  /** This end. */
  local?: CandidateInfo;
  /** The other end. */
  remote?: CandidateInfo;
}

/** One stream of media in one direction over the last interval. */
export interface TrackStats {
  /** What it is of. */
  kind: TrackKind;
  /** 'inbound' is received, 'outbound' sent. */
  direction: 'inbound' | 'outbound';
  /** Like 'VP8' or 'opus', empty until it is known. */
  codec: string;
  bitrateBps: number;
  /** Since the beginning. */
  packets: number;
  /** Since the beginning. */
  packetsLost: number;
  /** 0..1 over the interval. */
  lossFraction: number;
  jitterMs: number;
  /** There and back, null where it is not known. */
  rttMs: number | null;
  /** Frames per second of a picture, null of sound. */
  fps: number | null;
  /** Of the picture as it is sent, null of sound. */
  width: number | null;
  /** Of the picture as it is sent, null of sound. */
  height: number | null;
  /** Since the beginning; inbound video. */
  framesDecoded: number | null;
  /** Since the beginning; inbound video. */
  framesDropped: number | null;
  /** Times that the picture stood still; inbound video. */
  freezeCount: number | null;
  /** How long it stood still in all. */
  freezeMs: number | null;
  /** totalAudioEnergy since the beginning. */
  audioEnergy: number | null;
  /** What keeps outbound video from being better. */
  limitedBy: 'none' | 'cpu' | 'bandwidth' | 'other' | null;
}

/** In one word, as a badge shows it. 'lost' while nothing comes; 'unknown' until there is something to judge. */
export type Quality = 'unknown' | 'good' | 'fair' | 'poor' | 'lost';

/** Statistics of the connection with one peer over the last second. */
export interface PeerStats {
  /** Id of the peer. */
  peer: string;
  /** When, as performance.now() tells it. */
  atMs: number;
  /** Of the selected candidate pair. */
  rttMs: number | null;
  /** What the browser believes that the way can carry. */
  availableOutgoingBps: number | null;
  sentBps: number;
  receivedBps: number;
  /** Worst of all tracks. */
  lossFraction: number;
  /** Worst of all inbound tracks. */
  jitterMs: number;
  quality: Quality;
  path: PathInfo;
  tracks: TrackStats[];
}

/** How a channel delivers. Without any option each message arrives once and in order. */
export interface ChannelOptions {
  /** Messages arrive in the order they were sent in; default true. */
  ordered?: boolean;
  /** How often a lost message is sent again; default until it arrives. Not together with maxPacketLifeTime. */
  maxRetransmits?: number;
  /** For how many milliseconds it is sent again; default until it arrives. Not together with maxRetransmits. */
  maxPacketLifeTime?: number;
}

/** What came over a channel: text as it was sent, bytes as an ArrayBuffer. `from` is the id of the peer. */
export interface ChannelMessage { from: string; data: string | ArrayBuffer }

/** What `join` can be told. All of it is optional. */
export interface JoinOptions {
  /** What the others see; at most 64 signs. Default: empty. */
  name?: string;
  /** Preview that goes on as the call's media; without it nothing is sent until the call's `media` is switched on. */
  media?: import('./media.js').LocalMedia;
  /** From the beginning, as Call.setSendLimits does it later. */
  sendLimits?: VideoLimits;
  /** From the beginning, as Call.setReceiveLimits does it later. */
  receiveLimits?: VideoLimits;
  /** From the beginning, as Call.setVideoCodec does it later. */
  videoCodec?: string | null;
  /** Ends the attempt. */
  signal?: AbortSignal;
  /** 'relay' sends media over TURN only, so that peers do not learn each other's addresses. Default: 'all'. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Instead of the server's. */
  iceServers?: RTCIceServer[];
  /** From newRoom: makes the person host of the room that belongs to it. */
  hostKey?: string;
  /** Where the room asks for one. */
  password?: string;
  /** From Call.invite. */
  invite?: string;
  /** A host has to admit the person; join goes on when it did. */
  onWaiting?: () => void;
  /** Address of the server where it is not the room URL's own origin. */
  server?: string;
}

/** Events of a Call. */
export interface CallEvents {
  /** The signaling connection is in another state; 'left' comes with the reason. */
  state: { state: CallState; reason?: EndReason };
  /** Somebody came. Who was here before is in `call.peers` when `join` resolves. */
  'peer-joined': { peer: import('./peer.js').Peer };
  /** Somebody left ('bye'), is gone without a word ('lost') or was removed by a host. */
  'peer-left': { peer: import('./peer.js').Peer; reason: 'bye' | 'lost' | 'removed' };
  /** Name, media state, connection, path, speaking: anything that a tile shows. */
  'peer-changed': { peer: import('./peer.js').Peer };
  /** A track of a peer came or went; tracks stay the same over mute. Told of everybody who is here when `join` resolves, too. */
  'tracks-changed': { peer: import('./peer.js').Peer };
  /** New statistics of a peer, once a second. */
  stats: { peer: import('./peer.js').Peer; stats: PeerStats };
  /** The worst way of all peers is another one. */
  path: { path: PathInfo };
  /** Who speaks most now; null when nobody has for a while. */
  'active-speaker': { peer: import('./peer.js').Peer | null };
  /** The person's own role. */
  role: { role: Role };
  /** The room is set in another way. */
  settings: { settings: RoomSettings };
  /** For hosts: somebody waits to be admitted, or not any more. */
  knock: Knocker;
  /** Who waited was admitted, refused, or left. */
  'knock-gone': { id: string };
  /** A host has done this to the person; it is done already. */
  moderated: { action: 'mute' | 'stop-camera' | 'stop-screen' | 'lower-hand'; by: import('./peer.js').Peer | null };
  /** The person's own hand. */
  hand: { hand: number };
  /** Something went wrong that the call survives. */
  error: { error: Error };
  /** A connection with a peer begins. For looking at: changing it would break the call. */
  connection: { peer: import('./peer.js').Peer; pc: RTCPeerConnection };
  /** A message of the signaling was sent or came; some hold secrets. */
  signal: { direction: 'in' | 'out'; message: import('./protocol.gen.js').ClientMessage | import('./protocol.gen.js').ServerMessage };
}

/** What the browser does to the sound of the microphone. */
export interface SoundOptions { echoCancellation: boolean; noiseSuppression: boolean; autoGainControl: boolean }

/** The most a camera is asked for. `heightMax` is of the picture's shorter side. */
export interface CameraLimits { heightMax?: number; frameRateMax?: number }

/** How much video may be sent. What is absent is not limited. */
export interface VideoLimits {
  /** Lines of the picture's shorter side; 0: no picture at all. Of a screen only the 0 counts. */
  heightMax?: number;
  /** Frames per second. */
  frameRateMax?: number;
  /** Bits per second of each picture. */
  bitrateBpsMax?: number;
}

/** How a screen is shared. */
export interface ScreenOptions {
  /** Ask for the sound as well; default true. */
  audio?: boolean;
  /** 'detail' (default): every letter sharp; 'motion': films and games. */
  hint?: 'detail' | 'motion';
  /** Frames per second at most; default 30. */
  frameRate?: number;
}

/** Makes another track of a camera's, which it leaves as it is. */
export type VideoEffect = (camera: MediaStreamTrack) => Promise<{ track: MediaStreamTrack; close(): void }>;

/** Events of a LocalMedia. */
export interface LocalMediaEvents {
  /** A track started, stopped, was muted or replaced. */
  change: { kind: TrackKind };
  /** The list of devices is another one, or another speaker was chosen. */
  devices: { devices: Device[] };
  /** A device in use went away; `replacedBy` is what is used instead, if anything. */
  'device-lost': { kind: DeviceKind; label: string; replacedBy: Device | null };
  /** A device that was lost is in use again. */
  'device-back': { kind: DeviceKind; label: string };
  /** A device ended and no other one could be had. */
  'device-failed': { kind: TrackKind; code: MediaErrorCode };
  /** The system has another default device, which is used now. The page has to play through a new speaker itself. */
  'default-changed': { kind: DeviceKind; label: string };
  /** The system keeps the device to itself, as during a telephone call; nothing is heard or seen of it. */
  interrupted: { kind: 'microphone' | 'camera' };
  /** The system has given the device back. */
  resumed: { kind: 'microphone' | 'camera' };
  /** The camera's plain picture is sent. */
  'effect-failed': { error: Error };
}
