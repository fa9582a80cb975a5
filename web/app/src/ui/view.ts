// Base of all elements here. They render into the page itself, not into a shadow root: one style
// sheet serves all, labels can point anywhere, and a strict content security policy has nothing
// to object to.
import { LitElement } from 'lit';
import { onFeatures } from '../call/feature.js';
import { onLocale } from '../i18n/index.js';
import { store } from '../store.js';
import type { State } from '../state.js';

export class View extends LitElement {
  #off: (() => void)[] = [];

  get state(): State {
    return store.state;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const update = (): void => this.requestUpdate();
    this.#off = [store.subscribe(update), onLocale(update), onFeatures(update)];
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.#off) off();
  }
}

/** Registers an element once; importing the module for its side effect is enough. */
export function define(name: string, view: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, view);
}
