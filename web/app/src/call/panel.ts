import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import { store } from '../store.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { offers, type PanelView } from './feature.js';
import './connection.js';
import './people.js';

function panels(): readonly PanelView[] {
  return [
    { name: 'people', title: t('people.title'), render: () => html`<parley-people></parley-people>` },
    { name: 'connection', title: t('connection.title'), render: () => html`<parley-connection></parley-connection>` },
    ...offers((feature) => feature.panels?.()),
  ];
}

/** What opens beside the stage, or over it on a phone. */
class PanelElement extends View {
  override render(): TemplateResult | typeof nothing {
    const panel = panels().find(({ name }) => name === this.state.panel);
    if (!panel) return nothing;
    return html`<section class="panel" data-panel=${panel.name} aria-labelledby="panel-title">
      <header class="panel-header">
        <h2 id="panel-title">${panel.title}</h2>
        ${panel.actions?.() ?? nothing}
        <button class="icon-button" type="button" aria-label=${t('panel.close')} title="${t('panel.close')} (Esc)"
          @click=${() => store.dispatch({ type: 'panel', panel: null })}>${icon('close')}</button>
      </header>
      ${panel.render()}
    </section>`;
  }
}

define('parley-panel', PanelElement);
