import { html, type TemplateResult } from 'lit';
import { t, type PlainKey } from '../i18n/index.js';
import type { Panel } from '../state.js';
import { store } from '../store.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import './chat.js';
import './connection.js';
import './people.js';

const titles: Record<Panel, PlainKey> = { chat: 'chat.title', people: 'people.title', connection: 'connection.title' };

/** What opens beside the stage, or over it on a phone. */
class PanelView extends View {
  override render(): TemplateResult {
    const name = this.state.panel ?? 'chat';
    return html`<section class="panel" data-panel=${name} aria-labelledby="panel-title">
      <header class="panel-header">
        <h2 id="panel-title">${t(titles[name])}</h2>
        <button class="icon-button" type="button" aria-label=${t('panel.close')} title="${t('panel.close')} (Esc)"
          @click=${() => store.dispatch({ type: 'panel', panel: null })}>${icon('close')}</button>
      </header>
      ${name === 'chat' ? html`<parley-chat></parley-chat>` : name === 'people' ? html`<parley-people></parley-people>` : html`<parley-connection></parley-connection>`}
    </section>`;
  }
}

define('parley-panel', PanelView);
