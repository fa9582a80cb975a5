/** Files between the peers of a call: `new FileShare(call)`. */

export { FileShare, type FileCall, type FileShareOptions } from './share.js';
export { StoreError, type FileStore, type KeptFile, type Sink, type SinkEvents } from './store.js';
export type { OfferBook, StandingOffer } from './offers.js';
export type * from './types.js';
