/** The browser's own dialogs for files. Null, or nothing, when they were closed without an answer. */
import type { Offerable } from '@parley/client/files';
import { filesMax } from './drop.js';

/** Chromium's. Other browsers have <input type="file">, whose files do not outlive the page. */
interface Pickers {
  showOpenFilePicker?: (options: { multiple: boolean }) => Promise<FileSystemFileHandle[]>;
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
  showDirectoryPicker?: (options: { mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>;
}

const pickers = globalThis as Pickers;

export const canPickTarget = pickers.showSaveFilePicker !== undefined && pickers.showDirectoryPicker !== undefined;
export const canPickFolder = 'webkitdirectory' in HTMLInputElement.prototype && !matchMedia('(pointer: coarse)').matches;

/** With handles where there are any, else through the input that is given. */
export async function pickFiles(input: HTMLInputElement): Promise<Offerable[]> {
  if (!pickers.showOpenFilePicker) {
    input.click();
    return [];
  }
  const handles = await pickers.showOpenFilePicker({ multiple: true }).catch(() => []);
  return Promise.all(handles.slice(0, filesMax + 1).map(async (handle) => ({ file: await handle.getFile(), handle })));
}

export async function pickTarget(suggestedName: string): Promise<FileSystemFileHandle | null> {
  return pickers.showSaveFilePicker?.({ suggestedName }).catch(() => null) ?? null;
}

export async function pickFolder(): Promise<FileSystemDirectoryHandle | null> {
  return pickers.showDirectoryPicker?.({ mode: 'readwrite' }).catch(() => null) ?? null;
}

/** What was chosen in an input, which is ready for the next choice then. */
export function chosen(event: Event): File[] {
  const input = event.target as HTMLInputElement;
  const files = [...input.files ?? []];
  input.value = '';
  return files;
}
