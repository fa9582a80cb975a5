/** The chat of the call that one is in: what was said, what is being written, what was not read yet. */
import type { Call, CallEvents, Channel } from '@parley/client';
import type { Watchable } from '../../call/feature.js';
import { t as core } from '../../i18n/index.js';
import { announceText, store, toastText } from '../../store.js';
import { Asking } from './history.js';
import { randomID } from './ids.js';
import { keyOf, Log, type Entry } from './log.js';
import { plainText } from './markdown.js';
import { chatLabel, encodeChat, parseChat, textMax, type ChatMessage } from './message.js';
import { t } from './texts.js';
import { Subject } from '../../subject.js';

/** How often one person is told what was said: each time costs a message of the largest size. */
const tellingsMax = 20;

/** What is being written. */
export interface Draft {
  text: string;
  /** Whom it is for; null: everybody. Stays when they leave: else what was meant for one would go to all. */
  to: { id: string; name: string } | null;
  /** Keys of the message that it answers, or changes. */
  answers: string | null;
  changes: string | null;
}

const emptyDraft: Draft = { text: '', to: null, answers: null, changes: null };

class Chat extends Subject implements Watchable {
  #log = new Log();
  #call: Call | null = null;
  #channel: Channel | null = null;
  #asking: Asking | null = null;
  #draft: Draft = emptyDraft;
  #unread: string[] = [];
  #newFrom: string | null = null;
  #open = false;
  #lost = new Set<string>();
  #tellings = new Map<string, number>();
  #teller = '';

  get entries(): readonly Entry[] {
    return this.#log.entries;
  }

  get draft(): Draft {
    return this.#draft;
  }

  get unread(): number {
    return this.#unread.length;
  }

  /** Key of the first one that had not been read when the panel was opened. */
  get newFrom(): string | null {
    return this.#newFrom;
  }

  /** Who told what was said earlier. */
  get teller(): string {
    return this.#teller;
  }

  find(key: string): Entry | undefined {
    return this.#log.find(key);
  }

  answered(entry: Entry): Entry | undefined {
    return this.#log.answered(entry);
  }

  begin(call: Call): () => void {
    const channel = call.channel(chatLabel);
    this.#call = call;
    this.#channel = channel;
    const offs = [
      channel.on('message', ({ from, data }) => {
        const message = parseChat(data);
        if (message) this.#receive(from, message);
      }),
      call.on('peer-joined', ({ peer }) => {
        // Whoever had lost the others has missed what they said, and they what was said there.
        if (this.#lost.delete(peer.id)) this.#ask([peer.id]);
      }),
      call.on('peer-left', (event) => this.#onLeft(event)),
      store.subscribe(() => this.#onPanel(store.state.panel === 'chat')),
    ];
    // The server names them in the order in which they came.
    if (call.peers.size > 0) this.#ask([...call.peers.keys()]);
    return () => {
      for (const off of offs) off();
      this.#end();
    };
  }

  /** Sends what is written; false if it could not be, then it stays as it is. */
  submit(): boolean {
    const { text, to, changes, answers } = this.#draft;
    const trimmed = text.replace(/^\s*\n/, '').trimEnd();
    if (trimmed === '' || trimmed.length > textMax) return false;
    const done = changes === null ? this.#say(trimmed, to, this.find(answers ?? '')?.id ?? null) : this.#change(changes, trimmed);
    if (done) this.write({ text: '', answers: null, changes: null });
    return done;
  }

  delete(key: string): void {
    this.#change(key, null);
  }

  write(change: Partial<Draft>): void {
    this.#draft = { ...this.#draft, ...change };
    this.#tell();
  }

  /** Begins to change a message of one's own. */
  edit(key: string): void {
    const entry = this.find(key);
    if (entry && entry.from === 'self' && !entry.deleted) this.write({ text: entry.text, changes: key, answers: null });
  }

  /** Answers a private message in private. */
  answer(key: string): void {
    const entry = this.find(key);
    if (!entry) return;
    this.write({ answers: key, changes: null, to: entry.private ?? this.#draft.to, ...(this.#draft.changes === null ? {} : { text: '' }) });
  }

  /** As `write`, but only the field shows it. */
  type(text: string): void {
    this.#draft = { ...this.#draft, text };
  }

  /** Something else came that stands in the chat: a file. */
  arrived(key: string): void {
    if (!this.#open) this.#unread.push(key);
    this.#tell();
  }

  #say(text: string, to: Draft['to'], replyTo: string | null): boolean {
    const message = { type: 'say', id: randomID(), text, replyTo, isPrivate: to !== null } as const;
    if (!this.#send(message, to?.id)) return false;
    this.#log.add({ id: message.id, from: 'self', name: store.state.name, text, atMs: Date.now(), replyTo, private: to });
    this.#newFrom = null;
    this.#tell();
    return true;
  }

  #change(key: string, text: string | null): boolean {
    const entry = this.find(key);
    if (!entry || entry.from !== 'self' || entry.deleted) return false;
    if (text === entry.text) return true;
    const message: ChatMessage = text === null ? { type: 'delete', id: entry.id } : { type: 'edit', id: entry.id, text };
    // Whoever was told in private and has left has taken the message along; here it can still go.
    const gone = entry.private !== null && !this.#call?.peers.has(entry.private.id);
    if (!gone && !this.#send(message, entry.private?.id)) return false;
    this.#log.change('self', entry.id, text);
    this.#tell();
    return true;
  }

  #send(message: ChatMessage, to?: string): boolean {
    try {
      this.#channel?.send(encodeChat(message, Date.now()), to);
      return this.#channel !== null;
    } catch {
      toastText(t(to !== undefined && !this.#call?.peers.has(to) ? 'failed.gone' : 'failed'), 'warning');
      return false;
    }
  }

  #receive(from: string, message: ChatMessage): void {
    switch (message.type) {
      case 'say': return this.#hear(from, message);
      case 'edit': this.#log.change(from, message.id, message.text); break;
      case 'delete':
        this.#log.change(from, message.id, null);
        this.#unread = this.#unread.filter((key) => key !== keyOf(from, message.id));
        break;
      case 'history?': return void this.#answerAsked(from, message.id);
      case 'history': {
        if (!this.#asking?.accept(from, message.id)) return;
        const fresh = this.#log.merge(message.messages, this.#call?.id ?? '', message.nowMs, Date.now());
        if (fresh.length > 0) this.#teller = this.#nameOf(from);
        break;
      }
    }
    this.#tell();
  }

  #hear(from: string, { id, text, replyTo, isPrivate }: ChatMessage & { type: 'say' }): void {
    const name = this.#nameOf(from);
    const added = this.#log.add({ id, from, name, text, atMs: Date.now(), replyTo, private: isPrivate ? { id: from, name } : null });
    if (!added) return;
    announceText(t(isPrivate ? 'live.private' : 'live', { name: name || core('tile.guest'), text: plainText(text) }));
    this.arrived(keyOf(from, id));
  }

  #ask(peers: readonly string[]): void {
    this.#asking?.stop();
    const asking = new Asking(peers, {
      send: (peer, id) => {
        // Gone in this moment: the next one is asked when that is known.
        if (this.#call?.peers.has(peer)) this.#send({ type: 'history?', id }, peer);
      },
      after: (ms, act) => {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      },
    });
    this.#asking = asking;
    void asking.settled.then(() => this.#tell());
  }

  async #answerAsked(from: string, id: string): Promise<void> {
    const tellings = this.#tellings.get(from) ?? 0;
    if (tellings >= tellingsMax) return;
    this.#tellings.set(from, tellings + 1);
    // Somebody who has just come knows nothing yet, but soon will.
    await this.#asking?.settled;
    const call = this.#call;
    if (!call?.peers.has(from)) return;
    this.#send({ type: 'history', id, nowMs: Date.now(), messages: this.#log.tell(call.id, store.state.name) }, from);
  }

  #onLeft({ peer, reason }: CallEvents['peer-left']): void {
    if (reason === 'lost') this.#lost.add(peer.id);
    this.#tellings.delete(peer.id);
    this.#asking?.gone(peer.id);
  }

  #onPanel(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    this.#newFrom = open ? this.#unread[0] ?? null : null;
    this.#unread = [];
    this.#tell();
  }

  #nameOf(peer: string): string {
    return this.#call?.peers.get(peer)?.name ?? '';
  }

  #end(): void {
    this.#asking?.stop();
    this.#asking = this.#call = this.#channel = this.#newFrom = null;
    this.#log = new Log();
    this.#draft = emptyDraft;
    this.#unread = [];
    this.#open = false;
    this.#teller = '';
    this.#lost.clear();
    this.#tellings.clear();
    this.#tell();
  }

  #tell(): void {
    this.tell();
  }
}

export const chat = new Chat();
