/** Who is at the door: a card over the stage, and the whole list above the people. */
import type { Knocker } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { store } from '../../store.js';
import { avatar } from '../../ui/avatar.js';
import { icon } from '../../ui/icons.js';
import { nameOf, room } from './room.js';
import { t } from './texts.js';

/** As many as the card names; the rest are in the list. */
const named = 3;

export function knockCard(): TemplateResult | null {
  const { knocks } = room;
  if (knocks.length === 0 || store.state.panel === 'people') return null;
  const rest = knocks.length - named;
  return html`<section class="knocks" aria-label=${t('knock.region')} data-knocks=${knocks.length}>
    <h2>${icon('door')}${t('knock.count', { count: knocks.length })}</h2>
    ${list(knocks.slice(0, named))}
    ${knocks.length > 1 ? html`<div class="knocks-all">
      ${rest > 0 ? html`<button class="button quiet small" type="button" @click=${() => store.dispatch({ type: 'panel', panel: 'people' })}>${t('knock.more', { count: rest })}</button>` : nothing}
      ${admitAll()}</div>` : nothing}
  </section>`;
}

export function knockList(): TemplateResult | null {
  const { knocks } = room;
  if (knocks.length === 0) return null;
  return html`<section class="people-part" aria-labelledby="knocks-title" data-knocks=${knocks.length}>
    <header><h3 id="knocks-title">${t('knock.region')}</h3>${knocks.length > 1 ? admitAll() : nothing}</header>
    ${list(knocks)}
  </section>`;
}

function list(knocks: readonly Knocker[]): TemplateResult {
  return html`<ul>${repeat(knocks, ({ id }) => id, ({ id, name }) => {
    const shown = nameOf(name);
    return html`<li class="knock" data-knock=${id}>${avatar(name, id)}<span>${shown}</span>
      <button class="button small" type="button" data-action="deny" aria-label=${t('knock.deny.name', { name: shown })} @click=${(event: Event) => answer(event, () => room.moderate('deny', id))}>${t('knock.deny')}</button>
      <button class="button primary small" type="button" data-action="admit" aria-label=${t('knock.admit.name', { name: shown })} @click=${(event: Event) => answer(event, () => room.moderate('admit', id))}>${t('knock.admit')}</button>
    </li>`;
  })}</ul>`;
}

function admitAll(): TemplateResult {
  return html`<button class="button small" type="button" data-action="admit-all" @click=${(event: Event) => answer(event, () => room.admitAll())}>${t('knock.all')}</button>`;
}

/** The button goes away with the one who knocked: whoever works by keyboard goes on from the next one. */
function answer(event: Event, act: () => void): void {
  const button = event.currentTarget as HTMLElement;
  const next = [...button.closest('[data-knocks]')?.querySelectorAll<HTMLElement>('[data-action="admit"]') ?? []]
    .find((other) => other.closest('[data-knock]') !== button.closest('[data-knock]'));
  (next ?? document.querySelector<HTMLElement>('[data-control="people"]'))?.focus();
  act();
}
