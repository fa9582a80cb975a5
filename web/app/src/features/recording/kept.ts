/**
 * What was recorded and lies in this browser. A recording is one file that has its final name from the beginning; an
 * empty file `NAME.saved` beside it says that it went to the downloads. A lock says that a page writes it.
 */
import { FOLDER } from './protocol.js';

export interface Kept { readonly name: string; readonly bytes: number; readonly endedMs: number; readonly saved: boolean }

const SAVED = '.saved';
/** Nobody came back to it. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** By then the browser has copied it to the downloads. */
const SAVED_MS = 3_600_000;
const REVOKE_MS = SAVED_MS;
/** A recording is not begun if less than this is free. */
const SPARE_BYTES = 64 << 20;

type Folder = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

/** The folder; null where there is none yet, or the browser keeps no files. */
async function openFolder(create = false): Promise<Folder | null> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create }) as Folder;
  } catch {
    return null;
  }
}

/** Files that a page holds, whose end is waited for: this one, another, or the one before a reload, for a moment longer. */
const awaited = new Set<string>();

/** The newest first. What is old is deleted; what is being written is left out, and `more` called when it is not any more. */
export async function listKept(nowMs: number, more: () => void): Promise<Kept[]> {
  const folder = await openFolder();
  if (!folder) return [];
  const files = new Map<string, File>();
  for await (const entry of folder.values()) {
    const file = entry.kind === 'file' ? await (entry as FileSystemFileHandle).getFile().catch(() => null) : null;
    if (file) files.set(entry.name, file);
  }
  const { held = [] } = await navigator.locks.query();
  const busy = new Set(held.map(({ name }) => name));
  const kept: Kept[] = [];
  for (const [name, file] of files) {
    if (name.endsWith(SAVED)) continue;
    if (busy.has(lockOf(name))) {
      awaitEnd(name, more);
      continue;
    }
    const saved = files.get(name + SAVED);
    const old = saved ? nowMs - saved.lastModified > SAVED_MS : nowMs - file.lastModified > KEPT_MS;
    if (old || file.size === 0) await removeKept(name);
    else kept.push({ name, bytes: file.size, endedMs: file.lastModified, saved: saved !== undefined });
  }
  return kept.sort((a, b) => b.endedMs - a.endedMs);
}

export async function removeKept(name: string): Promise<void> {
  const folder = await openFolder();
  for (const entry of [name, name + SAVED]) await folder?.removeEntry(entry).catch(() => undefined);
}

/** Gives it to the browser's downloads, which read it from where it lies. */
export async function saveKept(name: string): Promise<void> {
  const folder = await openFolder();
  if (!folder) throw new Error('there is no such folder');
  const file = await (await folder.getFileHandle(name)).getFile();
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
  await folder.getFileHandle(name + SAVED, { create: true });
}

/** A name that no other recording has, with its file held for as long as the page lives or until `release`. */
export async function claim(name: string): Promise<{ name: string; release: () => void } | null> {
  const folder = await openFolder(true);
  if (!folder) return null;
  const dot = name.lastIndexOf('.');
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name.slice(0, dot)}-${n}${name.slice(dot)}`;
    const taken = await folder.getFileHandle(candidate).then(() => true, () => false);
    const release = taken ? null : await hold(lockOf(candidate));
    if (release) return { name: candidate, release };
  }
}

function awaitEnd(name: string, ended: () => void): void {
  if (awaited.has(name)) return;
  awaited.add(name);
  // It settles when the lock is given back again.
  void navigator.locks.request(lockOf(name), () => undefined).then(() => {
    awaited.delete(name);
    ended();
  });
}

/** Null if another page has it. */
function hold(name: string): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise<void>((release) => resolve(release));
    });
  });
}

export async function hasRoom(): Promise<boolean> {
  const { quota, usage } = await navigator.storage.estimate();
  return quota === undefined || usage === undefined || quota - usage >= SPARE_BYTES;
}

function lockOf(name: string): string {
  return `${FOLDER}/${name}`;
}
