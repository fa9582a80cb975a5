import { browserProblem } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { features } from './call/feature.js';
import { session } from './call/session.js';
import { t, translate } from './i18n/index.js';
import { loadPage } from './pages/lazy.js';
import { takeInvite } from './keys.js';
import { parseRoute } from './router.js';
import type { Notice } from './state.js';
import { store, toast } from './store.js';
import { icon } from './ui/icons.js';
import { define, View } from './ui/view.js';
import './pages/home.js';
import './pages/notices.js';
import './pages/prejoin.js';
import './call/page.js';

/** The whole app: which page is shown, and what lies over all pages. */
class App extends View {
  #started = false;
  #page: HTMLElement | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('popstate', this.#onRoute);
    addEventListener('pagehide', this.#onHide);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('popstate', this.#onRoute);
    removeEventListener('pagehide', this.#onHide);
  }

  /** Called once the language is there. */
  start(): void {
    this.#started = true;
    this.#onRoute();
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.#started) return nothing;
    document.title = this.#title();
    const { toasts, announcement } = this.state;
    return html`${this.#renderPage()}
      <div class="toasts" role="status">${toasts.map((toast) => html`<div class="toast ${toast.tone}">${icon(toast.tone === 'warning' ? 'warning' : 'info')}<span>${said(toast)}</span></div>`)}</div>
      <div class="visually-hidden" role="status" aria-live="polite" data-live>${announcement ? said(announcement) : nothing}</div>`;
  }

  #renderPage(): TemplateResult {
    const { route, phase, password } = this.state;
    if (route.page === 'home') return html`<parley-home></parley-home>`;
    if (route.page === 'lazy') return html`${this.#page ?? nothing}`;
    if (route.page === 'unknown') return html`<parley-notice kind="unknown"></parley-notice>`;
    const problem = browserProblem();
    if (problem) return html`<parley-notice kind=${problem}></parley-notice>`;
    switch (phase) {
      case 'prejoin':
      case 'waiting': return html`<parley-prejoin></parley-prejoin>`;
      case 'ended': return html`<parley-notice kind=${this.state.end ?? 'left'}></parley-notice>`;
      // Whoever has typed a password stays with it until it is right.
      default: return phase === 'joining' && password !== 'none' ? html`<parley-prejoin></parley-prejoin>` : html`<parley-call></parley-call>`;
    }
  }

  #title(): string {
    const { route } = this.state;
    const unread = features().reduce((sum, feature) => sum + (feature.unseen?.() ?? 0), 0);
    if (route.page === 'lazy') return this.#page?.title || t('app.title');
    if (route.page !== 'room') return t('app.title');
    return `${unread > 0 ? `(${unread}) ` : ''}${route.room} · Parley`;
  }

  async #load(name: string): Promise<void> {
    if (this.#page?.localName === `parley-${name}`) return;
    this.#page = null;
    try {
      const page = await loadPage(name);
      const { route } = store.state;
      if (route.page !== 'lazy' || route.name !== name) return;
      this.#page = page;
    } catch {
      toast('toast.page-failed', {}, 'warning');
    }
    this.requestUpdate();
  }

  readonly #onRoute = (): void => {
    takeInvite();
    const route = parseRoute(new URL(location.href));
    session.close();
    store.dispatch({ type: 'route', route });
    if (route.page === 'room') session.open(route.room, route.join);
    if (route.page === 'lazy') void this.#load(route.name);
    else this.#page = null;
    scrollTo(0, 0);
  };

  // Says goodbye when the tab is closed; from the page cache it comes back to the room's door.
  readonly #onHide = (event: PageTransitionEvent): void => {
    if (session.call) session.leave();
    else if (event.persisted) session.close();
  };
}

function said(notice: Notice): string {
  return 'text' in notice ? notice.text : translate(notice.key, notice.params);
}

declare global {
  interface HTMLElementTagNameMap { 'parley-app': App }
}

define('parley-app', App);
