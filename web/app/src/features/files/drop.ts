/** Files and folders out of a drag, with handles where the browser gives them: these outlive a reload. */
import type { Offerable } from '@parley/client/files';

export const filesMax = 1000;

type Item = { file: File; path?: string; handle?: FileSystemFileHandle };
type HandleItem = DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };
type Folder = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

/** Begins at once, for a drag is empty again when its event is over. At most one more than may be offered. */
export async function filesOf(transfer: DataTransfer): Promise<Offerable[]> {
  const found: Item[] = [];
  const all = [...transfer.items].filter(({ kind }) => kind === 'file').map((item: HandleItem) => ({
    handle: item.getAsFileSystemHandle?.().catch(() => null) ?? null, entry: item.webkitGetAsEntry(), file: item.getAsFile(),
  }));
  for (const { handle: asked, entry, file } of all) {
    const handle = await asked;
    if (handle) await walkHandle(handle, '', found);
    else if (entry) await walkEntry(entry, '', found);
    else if (file) found.push({ file });
  }
  return found;
}

async function walkHandle(handle: FileSystemHandle, path: string, found: Item[]): Promise<void> {
  if (found.length > filesMax) return;
  if (handle.kind === 'file') {
    const one = handle as FileSystemFileHandle;
    found.push({ file: await one.getFile(), path: path + one.name, handle: one });
    return;
  }
  for await (const child of (handle as Folder).values()) await walkHandle(child, `${path}${handle.name}/`, found);
}

async function walkEntry(entry: FileSystemEntry, path: string, found: Item[]): Promise<void> {
  if (found.length > filesMax) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ file, path: path + entry.name });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // Some at a time, until there are none.
    const children = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (children.length === 0) return;
    for (const child of children) await walkEntry(child, `${path}${entry.name}/`, found);
  }
}
