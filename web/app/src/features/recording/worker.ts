/** Writes a recording to the disk as it comes, and keeps time where a hidden page cannot. */
import { FOLDER, type FromWorker, type ToWorker } from './protocol.js';
import { Writer, WriteError, type Place } from './writer.js';

/** FileSystemSyncAccessHandle, which only workers have. */
interface SyncHandle {
  write(from: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}
type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}
const scope = self as unknown as Scope;

let writer: Writer | null = null;
let tail: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  if (data.type === 'clock') {
    setInterval(() => scope.postMessage({ type: 'tick' }), data.periodMs);
    return;
  }
  // In order: what a Blob holds comes later than the Blob.
  tail = tail.then(() => handle(data)).catch((error: unknown) => {
    scope.postMessage({ type: 'failed', code: error instanceof WriteError ? error.code : 'store', message: String(error) });
  });
};

async function handle(message: Exclude<ToWorker, { type: 'clock' }>): Promise<void> {
  if (message.type === 'open') {
    writer = new Writer(await (message.file ? pickedPlace(message.file) : ownPlace(message.name)), message.mime);
    scope.postMessage({ type: 'opened' });
    return;
  }
  if (!writer) return;
  if (message.type === 'write') {
    const bytes = new Uint8Array(await message.part.arrayBuffer());
    await writer.append(bytes);
    scope.postMessage({ type: 'written', bytes: writer.bytes, taken: bytes.length });
    return;
  }
  await writer.finish(message.durationMs);
  scope.postMessage({ type: 'finished', bytes: writer.bytes });
}

async function ownPlace(name: string): Promise<Place> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  const handle = await (await folder.getFileHandle(name, { create: true }) as SyncFile).createSyncAccessHandle();
  return {
    write(bytes, at) {
      if (handle.write(bytes, { at }) !== bytes.length) throw new WriteError('no-space', 'the disk took less than it was given');
    },
    flush: () => handle.flush(),
    close: () => handle.close(),
  };
}

/** What is written becomes the file when it is closed, and not before. */
async function pickedPlace(file: FileSystemFileHandle): Promise<Place> {
  const stream = await file.createWritable();
  return {
    write: (data, position) => stream.write({ type: 'write', position, data }),
    flush: () => undefined,
    close: () => stream.close(),
  };
}
