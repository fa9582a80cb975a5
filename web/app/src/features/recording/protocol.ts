/** Between the page and its worker. One worker writes one recording, or only keeps time. */
import type { WriteProblem } from './writer.js';

export const FOLDER = 'parley-recordings';

export type ToWorker =
  | { type: 'clock'; periodMs: number }
  /** `file`: one that the person chose; without one it is `name` in FOLDER. */
  | { type: 'open'; name: string; mime: string; file: FileSystemFileHandle | null }
  | { type: 'write'; part: Blob }
  | { type: 'finish'; durationMs: number };

export type FromWorker =
  | { type: 'tick' }
  | { type: 'opened' }
  | { type: 'written'; bytes: number; taken: number }
  | { type: 'finished'; bytes: number }
  | { type: 'failed'; code: WriteProblem; message: string };
