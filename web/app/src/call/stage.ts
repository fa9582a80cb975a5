import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { State } from '../state.js';
import { vars } from '../ui/vars.js';
import { define, View } from '../ui/view.js';
import { arrange, type Area, type Item } from './layout.js';
import './tile.js';

/** Lays out the tiles, again whenever its own size changes. */
class Stage extends View {
  #area: Area = { width: 0, height: 0 };
  readonly #observer = new ResizeObserver(([entry]) => {
    if (!entry) return;
    const { width, height } = entry.contentRect;
    this.#area = { width, height };
    this.requestUpdate();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  override render(): TemplateResult {
    const items = itemsOf(this.state);
    const placed = new Map(arrange(this.#area, items, this.state.pinned).map((place) => [place.key, place]));
    return html`${repeat(items, (item) => item.key, (item) => {
      const place = placed.get(item.key);
      return html`<parley-tile .item=${item} .place=${place?.role ?? 'grid'} data-role=${place?.role ?? 'grid'} ${vars({
        '--x': `${place?.x ?? 0}px`, '--y': `${place?.y ?? 0}px`, '--w': `${place?.width ?? 0}px`, '--h': `${place?.height ?? 0}px`,
      })}></parley-tile>`;
    })}`;
  }
}

/** Screens after people: a new one goes to the stage. One's own screen is not shown to oneself. */
export function itemsOf({ peers }: Pick<State, 'peers'>): Item[] {
  return [
    ...peers.map((peer): Item => ({ key: peer.id, kind: 'person' })),
    { key: 'self', kind: 'self' },
    ...peers.filter((peer) => peer.screen !== null).map((peer): Item => ({ key: `${peer.id}:screen`, kind: 'screen' })),
  ];
}

define('parley-stage', Stage);
