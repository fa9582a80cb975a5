/** The public shapes of file sharing. Units come last in a name. */

import type { FileErrorCode, FileGroup, FileInfo } from './wire.js';

/**
 * How far an incoming file is.
 *
 * - 'offered': can be accepted or refused
 * - 'receiving': pieces come, or are asked for
 * - 'paused': by the person here
 * - 'waiting': accepted, and the sender is away or cannot read its file now; it goes on by itself
 * - 'verifying': all is here and the sender is asked whether it is the same
 * - 'done': kept and verified, so that save() and file() work
 * - 'failed': see `problem`; accept() tries again where the sender is there
 * - 'refused': refused or cancelled here; accept() is possible as long as it is offered
 */
export type IncomingState = 'offered' | 'receiving' | 'paused' | 'waiting' | 'verifying' | 'done' | 'failed' | 'refused';

/** Why a transfer failed. 'withdrawn': the sender does not offer it any more; 'no-store': this browser cannot keep files here. */
export type FileProblem = FileErrorCode | 'withdrawn' | 'no-store';

/** Where an accepted file goes. 'store' survives a reload; what was picked does not, and needs no second copy. */
export type FileTarget = 'store' | FileSystemFileHandle | FileSystemDirectoryHandle;

/** A file that somebody offers to us, or that we have from somebody. */
export interface Incoming extends FileInfo {
  readonly state: IncomingState;
  /** Peer id of the sender, null while it is away. */
  readonly from: string | null;
  readonly receivedBytes: number;
  readonly rateBps: number;
  /** Null while it cannot be told. */
  readonly secondsLeft: number | null;
  readonly problem: FileProblem | null;
  /** Where it was accepted to. */
  readonly target: FileTarget;
  /** Begins, or goes on after a failure. Default: 'store'. */
  accept(target?: FileTarget): Promise<void>;
  /** Stops for now; what is here stays. */
  pause(): void;
  /** Goes on after pause(). */
  resume(): void;
  /** Says no. It can still be accepted. */
  refuse(): void;
  /** Stops, and deletes what is here of it. */
  cancel(): Promise<void>;
  /** Deletes a finished or failed one from the list and from the store. */
  remove(): Promise<void>;
  /** Hands a finished file of the store over as a download. */
  save(): Promise<void>;
  /** The finished file; it is not read into memory. */
  file(): Promise<File>;
  /** SHA-256 of the whole finished file, as sha256sum tells it. */
  sha256(onProgress?: (bytes: number) => void): Promise<string>;
}

/**
 * How far one receiver of an offered file is.
 *
 * - 'offered': nothing was asked for yet
 * - 'checking': the receiver has a part of it, which is compared with the file here
 * - 'sending': pieces are sent or may be asked for
 * - 'paused': by the receiver
 * - 'done': the receiver has it, and it is the same
 * - 'refused', 'cancelled': by the receiver
 * - 'failed': see `problem`
 * - 'away': the receiver is gone, and goes on when it comes back
 */
export type ReceiverState = 'offered' | 'checking' | 'sending' | 'paused' | 'done' | 'refused' | 'cancelled' | 'failed' | 'away';

/** Somebody who gets, or is offered, one of our files. */
export interface Receiver {
  /** Id of the peer. */
  readonly peer: string;
  readonly state: ReceiverState;
  /** As far as the receiver has asked on, or said that it has it. */
  readonly sentBytes: number;
  readonly rateBps: number;
  readonly secondsLeft: number | null;
  readonly problem: FileProblem | null;
}

/** A file that we offer. */
export interface Outgoing extends FileInfo {
  /** To whom: null is everybody, now and later. */
  readonly to: string | null;
  /** By peer id: whoever it was offered to or who asked for it in this visit. */
  readonly receivers: ReadonlyMap<string, Receiver>;
  /** The offer is from before a reload and the file has to be chosen again: provideFile(), or reopen() with a click. */
  readonly needsFile: boolean;
  /** The browser has kept a handle, so that reopen() can work. */
  readonly canReopen: boolean;
  /** True if it is taken: name, size and time of change are those of the offer. */
  provideFile(file: File): boolean;
  /** Asks the person for the permission to read the file again; to be called from a click. */
  reopen(): Promise<boolean>;
}

/** What can be offered: a File, or one with its place in a folder, or with a handle that lets a reloaded page read it again. */
export type Offerable = File | { file: File; path?: string; handle?: FileSystemFileHandle };

/** Events of a FileShare. */
export interface FileShareEvents {
  /** Anything of this transfer, incoming or outgoing, came, went or is another. Progress at most five times a second. */
  change: { id: string };
  /** Somebody offers a file. */
  offer: { incoming: Incoming };
  /** A file is here, and verified. */
  done: { incoming: Incoming };
  /** An incoming transfer failed. */
  failed: { id: string; code: FileProblem };
}

export type { FileErrorCode, FileGroup, FileInfo };
