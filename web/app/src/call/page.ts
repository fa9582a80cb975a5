import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/index.js';
import { store } from '../store.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { offers } from './feature.js';
import { session } from './session.js';
import { onShortcut, onShortcutEnd } from './shortcuts.js';
import { talk } from './talk.js';
import './stage.js';
import './controls.js';
import './info.js';
import './waiting.js';
import './panel.js';
import './dialogs.js';

/** The call: the stage with its tiles, a panel beside it, the controls below. */
class CallPage extends View {
  #endTalk = (): void => undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', onShortcut);
    addEventListener('keyup', onShortcutEnd);
    this.#endTalk = talk.watch();
    document.addEventListener('fullscreenchange', onFullScreen);
    document.documentElement.classList.add('in-call');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', onShortcut);
    removeEventListener('keyup', onShortcutEnd);
    this.#endTalk();
    document.removeEventListener('fullscreenchange', onFullScreen);
    document.documentElement.classList.remove('in-call');
  }

  override render(): TemplateResult {
    const { phase, peers, panel, audioBlocked, dialog, route } = this.state;
    const alone = phase === 'call' && peers.length === 0;
    return html`<main class="call ${panel ? 'with-panel' : ''} ${alone ? 'alone' : ''}" data-phase=${phase} id="main">
      <h1 class="visually-hidden">${t('call.title', { room: route.page === 'room' ? route.room : '' })}</h1>
      <parley-call-info></parley-call-info>
      <section class="stage-area" aria-label=${t('call.stage')}>
        <div class="banners" role="status">${offers((feature) => { const banner = feature.banner?.(); return banner ? [banner] : []; })}</div>
        <parley-stage></parley-stage>
        ${alone ? html`<parley-waiting></parley-waiting>` : nothing}
        ${phase === 'joining' ? html`<p class="stage-chip" role="status"><span class="spinner"></span>${t('call.joining')}</p>` : nothing}
        ${offers((feature) => { const over = feature.overlay?.(); return over ? [over] : []; })}
        ${audioBlocked ? html`<button class="button primary hear" type="button" @click=${() => session.unblockAudio()}>${icon('speaker')}${t('call.hear')}</button>` : nothing}
      </section>
      ${panel ? html`<parley-panel></parley-panel>` : nothing}
      <parley-controls></parley-controls>
    </main>
    ${dialog ? html`<parley-dialog .name=${dialog}></parley-dialog>` : nothing}`;
  }
}

function onFullScreen(): void {
  store.dispatch({ type: 'full-screen', on: document.fullscreenElement !== null });
}

define('parley-call', CallPage);
