/** Whether one records, who else does, and what lies in this browser from before. */
import type { Call } from '@parley/client';
import { announceText, store, toastText } from '../../store.js';
import { fileName, type Format } from './formats.js';
import { claim, hasRoom, listKept, removeKept, saveKept, type Kept } from './kept.js';
import { sizeOf, Take, type Scene, type TakeProblem } from './take.js';
import { t, translate } from './texts.js';
import { nameOf, pictureOf, sourcesOf, voicesOf, type What } from './view.js';
import { Subject } from '../../subject.js';

export type Phase = 'idle' | 'starting' | 'recording' | 'paused' | 'saving';
export type Problem = TakeProblem | 'file' | 'start' | 'start.space' | 'start.store';
export interface Choice { what: What; soundOnly: boolean; height: number; format: Format; toFile: boolean }

interface FilePicker {
  showSaveFilePicker?: (options: { suggestedName: string; types: { accept: Record<string, string[]> }[] }) => Promise<FileSystemFileHandle>;
}

export const canPickFile = 'showSaveFilePicker' in globalThis;

class Recorder extends Subject {
  #call: Call | null = null;
  #take: Take | null = null;
  #what: What = 'call';
  /** Of the one who is recorded alone. */
  #name = '';
  #release: () => void = () => undefined;
  #phase: Phase = 'idle';
  #others = new Set<string>();
  #kept: readonly Kept[] = [];
  problem: Problem | null = null;

  begin(call: Call): () => void {
    this.#call = call;
    this.#lookAtOthers();
    const look = (): void => this.#lookAtOthers();
    const follow = (): void => this.#follow();
    const offs = [
      call.on('peer-joined', look), call.on('peer-changed', look), call.on('peer-left', look), call.on('tracks-changed', follow), store.subscribe(follow),
    ];
    return () => {
      for (const off of offs) off();
      void this.stop();
      this.#call = null;
      this.#others.clear();
    };
  }

  get phase(): Phase {
    return this.#phase;
  }

  get take(): Take | null {
    return this.#take;
  }

  /** Names of the others who record. */
  get others(): readonly string[] {
    return [...this.#call?.peers.values() ?? []].filter(({ recording }) => recording).map(({ name }) => nameOf(name));
  }

  records(id: string | undefined): boolean {
    return id === undefined ? this.#call?.recording === true : this.#call?.peers.get(id)?.recording === true;
  }

  get kept(): readonly Kept[] {
    return this.#kept;
  }

  async lookAtKept(): Promise<void> {
    this.#kept = await listKept(Date.now(), () => void this.lookAtKept()).catch(() => []);
    this.#tell();
  }

  async save(name: string): Promise<void> {
    try {
      await saveKept(name);
      toastText(t('saved', { name }));
    } catch {
      toastText(t('kept.failed'), 'warning');
    }
    await this.lookAtKept();
  }

  async remove(name: string): Promise<void> {
    await removeKept(name);
    await this.lookAtKept();
  }

  redraw(): void {
    this.#tell();
  }

  hideProblem(): void {
    this.problem = null;
    this.#tell();
  }

  /** Rejects never: what goes wrong is `problem`. */
  async start(choice: Choice): Promise<void> {
    const call = this.#call;
    if (!call || this.#phase !== 'idle') return;
    this.problem = null;
    this.#set('starting');
    this.#what = choice.what;
    try {
      const place = await this.#place(call.room, choice);
      if (place) await this.#open(call, choice, place);
    } catch {
      this.problem ??= 'start';
    }
    if (this.#take === null) {
      this.#release();
      this.#set('idle');
    }
  }

  pause(): void {
    if (this.#phase !== 'recording') return;
    this.#take?.pause();
    announceText(t('said.paused'));
    this.#set('paused');
  }

  resume(): void {
    if (this.#phase !== 'paused') return;
    this.#take?.resume();
    announceText(t('said.resumed'));
    this.#set('recording');
  }

  async stop(problem: TakeProblem | null = null): Promise<void> {
    const take = this.#take;
    if (!take || this.#phase === 'saving') return;
    this.#set('saving');
    const call = this.#call;
    const broken = await take.stop();
    call?.setRecording(false);
    announceText(t('said.stopped'));
    this.#take = null;
    this.#release();
    removeEventListener('beforeunload', warn);
    await this.#keep(take, broken ?? problem);
    this.#set('idle');
    await this.lookAtKept();
  }

  async #keep({ options: { name, file }, bytes }: Take, problem: TakeProblem | null): Promise<void> {
    if (problem !== null) this.problem = file && problem !== 'failed' ? 'file' : problem;
    else if (bytes === 0) this.problem = 'failed';
    else if (file) toastText(t('saved.file', { name }));
    else await this.save(name);
  }

  /** Null if the person changed their mind. */
  async #place(room: string, { format, toFile }: Choice): Promise<{ name: string; file: FileSystemFileHandle | null } | null> {
    const name = fileName(room, new Date(), format.extension);
    const { showSaveFilePicker } = globalThis as FilePicker;
    if (toFile && showSaveFilePicker) {
      const mime = format.mime.split(';')[0] ?? '';
      const picking = showSaveFilePicker({ suggestedName: name, types: [{ accept: { [mime]: [`.${format.extension}`] } }] });
      const file = await picking.catch((error: unknown) => {
        if (error instanceof DOMException && error.name === 'AbortError') return null;
        throw error;
      });
      return file && { name: file.name, file };
    }
    if (!await hasRoom().catch(() => true)) this.problem = 'start.space';
    const claimed = this.problem ? null : await claim(name);
    if (!claimed) {
      this.problem ??= 'start.store';
      return null;
    }
    this.#release = claimed.release;
    return { name: claimed.name, file: null };
  }

  async #open(call: Call, { what, soundOnly, height, format }: Choice, place: { name: string; file: FileSystemFileHandle | null }): Promise<void> {
    const alone = what !== 'call';
    const size = soundOnly ? null : sizeOf(alone ? 'person' : 'call', height, alone ? pictureOf(what) : null);
    const take = await Take.open({ format, size, alone, ...place }, () => this.#scene(call), (problem) => void this.stop(problem));
    try {
      if (this.#call !== call) throw new Error('the call is over');
      // First it is told, then it is done.
      call.setRecording(true);
      take.start();
    } catch (error) {
      call.setRecording(false);
      await take.stop();
      throw error;
    }
    addEventListener('beforeunload', warn);
    this.#take = take;
    announceText(t('said.started'));
    if (!take.mixes && !alone) toastText(t('sound.fixed'), 'warning');
    this.#set('recording');
  }

  #scene(call: Call): Scene {
    return { sources: sourcesOf(this.#what), voices: voicesOf(this.#what, call) };
  }

  #follow(): void {
    const [call, take] = [this.#call, this.#take];
    if (!call || !take || this.#phase === 'saving') return;
    const scene = this.#scene(call);
    if (scene.sources.length > 0) {
      this.#name = scene.sources[0]?.name ?? '';
      return take.follow(scene);
    }
    toastText(t('ended.left', { name: this.#name }));
    void this.stop();
  }

  #lookAtOthers(): void {
    const peers = [...this.#call?.peers.values() ?? []];
    const now = new Set(peers.filter(({ recording }) => recording).map(({ id }) => id));
    const began = peers.filter(({ id }) => now.has(id) && !this.#others.has(id));
    const ended = peers.filter(({ id }) => !now.has(id) && this.#others.has(id));
    const changed = began.length + ended.length > 0 || now.size !== this.#others.size;
    this.#others = now;
    if (began.length > 0) announceText(othersText(began.map(({ name }) => nameOf(name))));
    for (const { name } of ended) toastText(t('others.stopped', { name: nameOf(name) }));
    if (changed) this.#tell();
  }

  #set(phase: Phase): void {
    this.#phase = phase;
    this.#tell();
  }

  #tell(): void {
    this.tell();
  }
}

export function othersText(names: readonly string[]): string {
  return translate('others', { count: names.length, names: new Intl.ListFormat(document.documentElement.lang, { type: 'conjunction' }).format(names) });
}

/** The browser asks in its own words. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

export const recorder = new Recorder();
