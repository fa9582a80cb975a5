/** The row of reactions above the controls. Stays open, for more than one. */
import { html, type TemplateResult } from 'lit';
import { define, View } from '../../ui/view.js';
import { reactions, type Reaction } from './reaction.js';
import { flights } from './reactions.js';
import { t } from './texts.js';

class Tray extends View {
  override firstUpdated(): void {
    this.querySelector('button')?.focus();
  }

  override render(): TemplateResult {
    return html`<div class="reaction-tray" role="toolbar" aria-label=${t('react.tray')} @keydown=${onKey}>
      ${(Object.keys(reactions) as Reaction[]).map((reaction) => html`<button type="button" data-react=${reaction} aria-label=${t(reactions[reaction].name)} title=${t(reactions[reaction].name)}
        @click=${() => flights.send(reaction)}><span aria-hidden="true">${reactions[reaction].emoji}</span></button>`)}
    </div>`;
  }
}

export function toggleTray(): void {
  if (flights.open) closeTray();
  else flights.show(true);
}

function closeTray(): void {
  const inside = document.activeElement?.closest('parley-reactions') !== null;
  flights.show(false);
  if (inside) document.querySelector<HTMLElement>('[data-control="react"]')?.focus();
}

function onKey(event: KeyboardEvent): void {
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (step !== 0) buttons[(at + step + buttons.length) % buttons.length]?.focus();
  else if (event.key === 'Escape') closeTray();
  else return;
  event.preventDefault();
}

define('parley-reactions', Tray);
