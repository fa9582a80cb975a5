/** Whose hand is up, in the order in which they went up. */
import type { Call } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t as core } from '../../i18n/index.js';
import { announceText, store, toastText } from '../../store.js';
import { avatar } from '../../ui/avatar.js';
import { icon } from '../../ui/icons.js';
import { t } from './texts.js';
import { Subject } from '../../subject.js';

/** `id` is 'self' for one's own. */
interface Hand { id: string; name: string; hand: number }

class Hands extends Subject {
  #call: Call | null = null;
  /** Those who were up when it was last looked: only what is new is told. */
  #up = new Set<string>();

  begin(call: Call): () => void {
    this.#call = call;
    this.#up = new Set(this.raised.map(({ id }) => id));
    const look = (): void => this.#look();
    const offs = [call.on('hand', look), call.on('peer-changed', look), call.on('peer-joined', look), call.on('peer-left', look)];
    return () => {
      for (const off of offs) off();
      this.#call = null;
      this.#up.clear();
    };
  }

  get mine(): boolean {
    return (this.#call?.hand ?? 0) > 0;
  }

  get raised(): readonly Hand[] {
    const call = this.#call;
    if (!call) return [];
    const all: Hand[] = [{ id: 'self', name: call.name, hand: call.hand }];
    for (const { id, name, hand } of call.peers.values()) all.push({ id, name, hand });
    return all.filter(({ hand }) => hand > 0).sort((a, b) => a.hand - b.hand);
  }

  toggle(): void {
    this.#call?.setHand(!this.mine);
  }

  lower(id: string): void {
    if (id === 'self') this.#call?.setHand(false);
    else this.#call?.moderate('lower-hand', id);
  }

  lowerAll(): void {
    this.#call?.moderate('lower-hand');
    this.#call?.setHand(false);
  }

  get canLower(): boolean {
    return this.#call?.role === 'host';
  }

  /** 1 for who raised the hand first; 0 for a hand that is down. */
  place(id: string): number {
    return this.raised.findIndex((hand) => hand.id === id) + 1;
  }

  #look(): void {
    const { raised } = this;
    for (const { id, name } of raised) {
      if (this.#up.has(id)) continue;
      if (id === 'self') announceText(t('hand.mine'));
      else toastText(t('hand.raised', { name: shown(name) }));
    }
    const up = new Set(raised.map(({ id }) => id));
    const changed = up.size !== this.#up.size || [...up].some((id) => !this.#up.has(id));
    this.#up = up;
    if (changed) this.tell();
  }
}

export const hands = new Hands();

/** On a tile and in the list of people. */
export function handMark(id: string, look: string): TemplateResult | null {
  const place = hands.place(id);
  if (place === 0) return null;
  const label = t('hand.place', { place });
  return html`<span class="${look} hand-mark" role="img" aria-label=${label} title=${label} data-hand=${place}>${icon('hand')}${place}</span>`;
}

export function handList(): TemplateResult | null {
  const { raised } = hands;
  if (raised.length === 0) return null;
  return html`<section class="people-part" aria-labelledby="hands-title" data-hands=${raised.length}>
    <header><h3 id="hands-title">${t('hands.title', { count: raised.length })}</h3>
      ${hands.canLower ? html`<button class="button small" type="button" data-action="lower-all" @click=${() => hands.lowerAll()}>${t('hands.lower.all')}</button>` : nothing}</header>
    <ol class="hands">${repeat(raised, ({ id }) => id, ({ id, name }, n) => html`<li>
      <span class="hand-place">${n + 1}</span>${avatar(id === 'self' ? store.state.name : name, id)}<span class="hand-name">${id === 'self' ? core('tile.you') : shown(name)}</span>
      ${hands.canLower || id === 'self' ? html`<button class="icon-button small" type="button" data-lower=${id} aria-label=${lowerLabel(id, name)} title=${lowerLabel(id, name)} @click=${() => hands.lower(id)}>${icon('close')}</button>` : nothing}
    </li>`)}</ol>
  </section>`;
}

function lowerLabel(id: string, name: string): string {
  return id === 'self' ? t('hand.lower') : t('hands.lower.name', { name: shown(name) });
}

function shown(name: string): string {
  return name.trim() || core('tile.guest');
}
