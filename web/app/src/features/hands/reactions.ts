/** The reactions that fly at the moment, own and others'. */
import type { Call, Channel } from '@parley/client';
import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t as core } from '../../i18n/index.js';
import { announceText, toastText } from '../../store.js';
import { vars } from '../../ui/vars.js';
import { Bucket } from './bucket.js';
import { encodeReaction, parseReaction, reactionLabel, reactions, type Reaction } from './reaction.js';
import { t } from './texts.js';
import { Subject } from '../../subject.js';

interface Flying { id: number; from: string; reaction: Reaction; /** Where it rises, 0..1 from the left. */ x: number }

const flyMs = 4000;
const flyingMax = 40;
/** What one person may send; others let a little more through, since a network bunches. */
const burst = 6;
const perS = 2;

class Reactions extends Subject {
  #channel: Channel | null = null;
  #flying: readonly Flying[] = [];
  #count = 0;
  #own = new Bucket(burst, perS);
  #open = false;
  readonly #theirs = new Map<string, Bucket>();

  begin(call: Call): () => void {
    const channel = call.channel(reactionLabel, { ordered: false, maxRetransmits: 0 });
    this.#channel = channel;
    const offs = [
      channel.on('message', ({ from, data }) => {
        const reaction = parseReaction(data);
        const peer = call.peers.get(from);
        if (!reaction || !peer || !this.#allowed(from)) return;
        this.#fly(from, peer.name.trim() || core('tile.guest'), reaction);
      }),
      call.on('peer-left', ({ peer }) => this.#theirs.delete(peer.id)),
    ];
    return () => {
      for (const off of offs) off();
      this.#channel = null;
      this.#theirs.clear();
      this.#flying = [];
      this.#open = false;
      this.#tell();
    };
  }

  get open(): boolean {
    return this.#open;
  }

  show(open: boolean): void {
    this.#open = open;
    this.#tell();
  }

  send(reaction: Reaction): void {
    if (!this.#channel) return;
    if (!this.#own.take(performance.now())) return toastText(t('react.fast'));
    try {
      this.#channel.send(encodeReaction(reaction));
    } catch {
      // A peer whose queue is full misses a reaction, and nothing else.
    }
    this.#fly('self', core('tile.you'), reaction);
  }

  /** Over the tile of a person. */
  over(from: string): TemplateResult | null {
    const theirs = this.#flying.filter((flying) => flying.from === from);
    if (theirs.length === 0) return null;
    return html`<div class="reactions" aria-hidden="true">${repeat(theirs, ({ id }) => id, ({ reaction, x }) => html`<span data-reaction=${reaction}
      ${vars({ '--reaction-x': `${Math.round(x * 100)}%` })}>${reactions[reaction].emoji}</span>`)}</div>`;
  }

  #allowed(from: string): boolean {
    let bucket = this.#theirs.get(from);
    if (!bucket) this.#theirs.set(from, bucket = new Bucket(burst * 2, perS * 1.5));
    return bucket.take(performance.now());
  }

  #fly(from: string, name: string, reaction: Reaction): void {
    const id = ++this.#count;
    const again = this.#flying.some((flying) => flying.from === from && flying.reaction === reaction);
    this.#flying = [...this.#flying, { id, from, reaction, x: 0.2 + 0.6 * Math.random() }].slice(-flyingMax);
    // Ten hearts in a row are one to those who hear them.
    if (!again) announceText(t('react.from', { name, reaction: t(reactions[reaction].name) }));
    setTimeout(() => {
      this.#flying = this.#flying.filter((flying) => flying.id !== id);
      this.#tell();
    }, flyMs);
    this.#tell();
  }

  #tell(): void {
    this.tell();
  }
}

export const flights = new Reactions();
