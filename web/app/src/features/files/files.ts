/** The files of the call that one is in: what is offered, what comes, and what waits in the field to be sent. */
import type { Call } from '@parley/client';
import { FileShare, type FileTarget, type Incoming, type Offerable, type Outgoing } from '@parley/client/files';
import type { Watchable } from '../../call/feature.js';
import { t as core } from '../../i18n/index.js';
import { announceText, store, toastText } from '../../store.js';
import { workerAddress } from '../../ui/worker.js';
import { chat } from '../chat/chat.js';
import { filesMax } from './drop.js';
import { t } from './texts.js';
import { Subject } from '../../subject.js';

/** What one peer offers within this time stands on one card, as far as it is not a folder. */
const togetherMs = 1000;
/** Larger pictures are not worth the memory of being shown small. */
const thumbnailBytesMax = 32 << 20;
const pictures = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;

/** Transfers that stand on one card. */
export interface Batch<T> { key: string; atMs: number; name: string | null; files: T[] }

export type Hash = { bytes: number } | { hex: string } | { failed: true };
export interface Room { usedBytes: number; freeBytes: number }

interface Place { batch: string; atMs: number; sender: string }

class Files extends Subject implements Watchable {
  #share: FileShare | null = null;
  #call: Call | null = null;
  #staged: readonly Offerable[] = [];
  readonly #places = new Map<string, Place>();
  readonly #hashes = new Map<string, Hash>();
  readonly #thumbnails = new Map<string, string>();
  /** Of receivers who have left. */
  readonly #names = new Map<string, string>();
  #room: Room | null = null;
  #dragging = false;
  #wrongFile = false;

  get canReceive(): boolean {
    return this.#share?.canReceive ?? false;
  }

  /** Attached, and not sent yet. */
  get staged(): readonly Offerable[] {
    return this.#staged;
  }

  get dragging(): boolean {
    return this.#dragging;
  }

  set dragging(on: boolean) {
    if (on === this.#dragging) return;
    this.#dragging = on;
    this.#tell();
  }

  /** The last file that was chosen again was not the one. */
  get wrongFile(): boolean {
    return this.#wrongFile;
  }

  get room(): Room | null {
    return this.#room;
  }

  get incoming(): Incoming[] {
    return [...this.#share?.incoming.values() ?? []];
  }

  get outgoing(): Outgoing[] {
    return [...this.#share?.outgoing.values() ?? []];
  }

  get inCall(): boolean {
    return this.#share !== null;
  }

  /** Would stop if the page went away. */
  get busy(): boolean {
    return this.incoming.some(({ state }) => state === 'receiving' || state === 'verifying')
      || this.outgoing.some(({ receivers }) => [...receivers.values()].some(({ state }) => state === 'sending' || state === 'checking'));
  }

  begin(call: Call): () => void {
    const share = new FileShare(call, { worker: workerAddress('sdk/src/files/worker.ts') });
    this.#share = share;
    this.#call = call;
    const offs = [
      call.on('peer-left', ({ peer }) => {
        if (this.outgoing.some(({ receivers }) => receivers.has(peer.id))) this.#names.set(peer.id, peer.name);
      }),
      share.on('change', ({ id }) => this.#onChange(id)),
      share.on('offer', ({ incoming }) => this.#onOffer(incoming)),
      share.on('done', ({ incoming }) => {
        announceText(t('live.done', { file: incoming.name }));
        void this.#picture(incoming);
        void this.measure();
      }),
      share.on('failed', () => void this.measure()),
    ];
    void share.ready.then(() => {
      for (const incoming of this.incoming) if (incoming.state === 'done') void this.#picture(incoming);
    });
    return () => {
      if (this.busy) toastText(t('later'));
      for (const off of offs) off();
      this.#end();
    };
  }

  batchesOf<T extends Incoming | Outgoing>(files: readonly T[]): Batch<T>[] {
    const batches = new Map<string, Batch<T>>();
    for (const file of files) {
      const { batch, atMs } = this.#place(file);
      const known = batches.get(batch);
      if (known) known.files.push(file);
      else batches.set(batch, { key: batch, atMs, name: file.group?.name ?? null, files: [file] });
    }
    return [...batches.values()];
  }

  /** Who offers it; '' for what is left of an earlier visit. */
  senderOf({ id, from }: Incoming): string {
    return (from === null ? undefined : this.#call?.peers.get(from)?.name) ?? this.#places.get(id)?.sender ?? '';
  }

  nameOf(peer: string): string {
    return (this.#call?.peers.get(peer)?.name ?? this.#names.get(peer)) || core('tile.guest');
  }

  hashOf(id: string): Hash | null {
    return this.#hashes.get(id) ?? null;
  }

  thumbnailOf(id: string): string | null {
    return this.#thumbnails.get(id) ?? null;
  }

  /** Puts files beside the field, to be sent with the next message. First those are taken that a standing offer lacks. */
  attach(files: readonly Offerable[]): void {
    const others = files.filter((item) => !this.#provide(item instanceof File ? item : item.file));
    const room = filesMax - this.#staged.length;
    if (others.length > room) toastText(t('too-many', { count: filesMax }), 'warning');
    this.#staged = [...this.#staged, ...others.slice(0, room)];
    this.#tell();
  }

  detach(item: Offerable): void {
    this.#staged = this.#staged.filter((other) => other !== item);
    this.#tell();
  }

  detachAll(): void {
    this.#staged = [];
    this.#tell();
  }

  /** Offers what is attached; false if that was not possible. */
  offerStaged(to: string | null): boolean {
    if (!this.#share || this.#staged.length === 0) return true;
    if (to !== null && !this.#call?.peers.has(to)) {
      toastText(t('gone'), 'warning');
      return false;
    }
    try {
      const offered = this.#share.offer(this.#staged, to ?? undefined);
      const atMs = Date.now();
      for (const { id, group } of offered) this.#places.set(id, { batch: group?.id ?? offered[0]?.id ?? id, atMs, sender: '' });
    } catch {
      toastText(t('too-many', { count: filesMax }), 'warning');
      return false;
    }
    this.detachAll();
    return true;
  }

  withdraw(files: readonly Outgoing[]): void {
    for (const { id } of files) this.#share?.withdraw(id);
  }

  /** Files that were chosen again, after this page was loaded again. */
  provide(files: readonly File[]): void {
    this.#wrongFile = files.filter((file) => !this.#provide(file)).length === files.length;
    this.#tell();
  }

  async accept(files: readonly Incoming[], target: FileTarget = 'store'): Promise<void> {
    await Promise.all(files.map((file) => file.accept(target)));
    await this.measure();
  }

  async save(files: readonly Incoming[]): Promise<void> {
    try {
      for (const file of files) await file.save();
    } catch {
      toastText(t('save.failed'), 'warning');
    }
  }

  async remove(files: readonly Incoming[]): Promise<void> {
    for (const file of files) await file.remove();
    await this.measure();
  }

  async hash(file: Incoming): Promise<void> {
    const show = (hash: Hash): void => {
      this.#hashes.set(file.id, hash);
      this.#tell();
    };
    show({ bytes: 0 });
    try {
      show({ hex: await file.sha256((bytes) => show({ bytes })) });
    } catch {
      show({ failed: true });
    }
  }

  /** Asks the browser how much it lets this page keep. */
  async measure(): Promise<void> {
    const { quota, usage } = await navigator.storage?.estimate?.().catch(() => null) ?? {};
    if (quota !== undefined && usage !== undefined) this.#room = { usedBytes: usage, freeBytes: Math.max(0, quota - usage) };
    this.#tell();
  }

  #provide(file: File): boolean {
    return this.outgoing.some((outgoing) => outgoing.needsFile && outgoing.provideFile(file));
  }

  #place(file: Incoming | Outgoing): Place {
    const known = this.#places.get(file.id);
    if (known) return known;
    // Left from an earlier visit.
    const place = { batch: file.group?.id ?? file.id, atMs: Date.now(), sender: '' };
    this.#places.set(file.id, place);
    return place;
  }

  #onOffer(incoming: Incoming): void {
    const nowMs = Date.now();
    const sender = incoming.from === null ? '' : this.nameOf(incoming.from);
    const before = [...this.#share?.incoming.values() ?? []].reverse()
      .find((other) => other !== incoming && other.from === incoming.from && other.group === null && other.state === 'offered');
    const beside = before && incoming.group === null ? this.#places.get(before.id) : undefined;
    const joins = beside !== undefined && nowMs - beside.atMs < togetherMs;
    const batch = incoming.group?.id ?? (joins ? beside.batch : incoming.id);
    const first = ![...this.#places.values()].some((place) => place.batch === batch);
    this.#places.set(incoming.id, { batch, atMs: joins ? beside.atMs : nowMs, sender });
    if (!first) return;
    chat.arrived(cardKey(batch));
    announceText(t('live.offer', { name: sender, count: incoming.group?.files ?? 1 }));
  }

  #onChange(id: string): void {
    if (!this.#share?.incoming.has(id)) this.#forget(id);
    this.#tell();
  }

  async #picture(incoming: Incoming): Promise<void> {
    if (!pictures.test(incoming.mime) || incoming.bytes > thumbnailBytesMax || this.#thumbnails.has(incoming.id)) return;
    const file = await incoming.file().catch(() => null);
    if (!file) return;
    const url = URL.createObjectURL(file);
    const image = new Image();
    image.src = url;
    // Only what is a picture, whatever it is called.
    const decodes = await image.decode().then(() => true, () => false);
    if (decodes && this.#share?.incoming.has(incoming.id)) this.#thumbnails.set(incoming.id, url);
    else URL.revokeObjectURL(url);
    this.#tell();
  }

  #forget(id: string): void {
    const url = this.#thumbnails.get(id);
    if (url) URL.revokeObjectURL(url);
    this.#thumbnails.delete(id);
    this.#hashes.delete(id);
  }

  #end(): void {
    void this.#share?.close();
    this.#share = this.#call = null;
    for (const id of [...this.#thumbnails.keys()]) this.#forget(id);
    this.#hashes.clear();
    this.#places.clear();
    this.#names.clear();
    this.#staged = [];
    this.#dragging = this.#wrongFile = false;
    this.#tell();
  }

  #tell(): void {
    this.tell();
  }
}

export const files = new Files();

export function cardKey(batch: string): string {
  return `file ${batch}`;
}

/** For whatever brings files from outside: they wait in the field of the chat, and nothing is sent yet. */
export function offerFiles(all: readonly File[]): void {
  if (all.length === 0) return;
  files.attach(all);
  store.dispatch({ type: 'panel', panel: 'chat' });
}
