import { html, type TemplateResult } from 'lit';
import { define, View } from '../ui/view.js';
import '../ui/header.js';
import './run.js';
import { t } from './texts.js';

/** The connection test on a page of its own: /check. */
class CheckPage extends View {
  override render(): TemplateResult {
    this.title = `${t('title')} · Parley`;
    return html`<parley-header></parley-header>
      <main class="check-page" id="main">
        <h1>${t('title')}</h1>
        <p class="check-lead">${t('lead')}</p>
        <parley-check-run></parley-check-run>
      </main>`;
  }
}

define('parley-check', CheckPage);
