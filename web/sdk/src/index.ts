/** Calls, data channels and statistics against a Parley server, from a browser. */

export { join, Call } from './call.js';
export { Channel, type ChannelEvents } from './channels.js';
export { ChannelError, type ChannelErrorCode, JoinError, MediaError, mediaError } from './errors.js';
export { videoCodecs } from './limits.js';
export { LocalMedia } from './media.js';
export { Peer } from './peer.js';
export { browserProblem, leavesOutOwnSound, sharesSound } from './quirks.js';
export { newRoom, newRoomName } from './rooms.js';
export { normalise, QUALITY_LIMITS, qualityOf, type ConnectionStats } from './stats.js';
export type * from './types.js';
