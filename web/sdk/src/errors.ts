import type { EndReason, MediaErrorCode, TrackKind } from './types.js';

/** The call could not begin: `reason` says why, and `message` in a plain sentence. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
  /** Why, for a program. */
  readonly reason: EndReason;
  constructor(reason: EndReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A camera, microphone or screen could not be had. */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  /** Why, for a program. */
  readonly code: MediaErrorCode;
  /** What was asked for. */
  readonly kind: TrackKind;
  constructor(code: MediaErrorCode, kind: TrackKind, message: string) {
    super(message);
    this.code = code;
    this.kind = kind;
  }
}

/**
 * Why a message could not be sent, or a channel not be made.
 *
 * - 'too-large': over the peer's maxMessageSize
 * - 'queue-full': too much waits to be sent
 * - 'closed': the channel or the call is closed
 * - 'unknown-peer': `to` is not in the call
 * - 'bad-options': options that exclude each other, a reserved label
 */
export type ChannelErrorCode = 'too-large' | 'queue-full' | 'closed' | 'unknown-peer' | 'bad-options';

/** A message could not be sent. Nothing of it was. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  /** Why, for a program. */
  readonly code: ChannelErrorCode;
  constructor(code: ChannelErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Turns what getUserMedia and getDisplayMedia reject with into one set of codes. */
export function mediaError(error: unknown, kind: TrackKind): MediaError {
  if (error instanceof MediaError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  return new MediaError(mediaErrorCode(name, message), kind, message || name || 'no media');
}

function mediaErrorCode(name: string, message: string): MediaErrorCode {
  switch (name) {
    case 'NotAllowedError':
      if (/system/i.test(message)) return 'system-denied';
      return /dismiss/i.test(message) ? 'permission-dismissed' : 'permission-denied';
    case 'SecurityError':
      return 'permission-denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'not-found';
    case 'NotReadableError':
      return 'busy';
    case 'NotSupportedError':
      return 'unsupported';
    default:
      return 'failed';
  }
}
