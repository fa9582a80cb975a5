import { html, type TemplateResult } from 'lit';
import { session } from '../call/session.js';
import { define, View } from './view.js';

const bars = 5;

/** Bars that move with the microphone. Reads the level only while on the page and visible. */
class Level extends View {
  #frame = 0;
  #shown = -1;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#frame = requestAnimationFrame(this.#read);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    cancelAnimationFrame(this.#frame);
  }

  override render(): TemplateResult {
    return html`<span class="level" aria-hidden="true">${Array.from({ length: bars }, () => html`<i></i>`)}</span>`;
  }

  readonly #read = (): void => {
    this.#frame = requestAnimationFrame(this.#read);
    // Loudness is heard in decibels: -50 dB and less is nothing, -10 dB is all.
    const level = session.media?.level() ?? 0;
    const decibels = 20 * Math.log10(Math.max(level, 1e-5));
    const shown = Math.round(Math.max(0, Math.min(1, (decibels + 50) / 40)) * 20) / 20;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.style.setProperty('--level', String(shown));
    this.classList.toggle('heard', shown > 0.15);
  };
}

define('parley-level', Level);
