import type { EndReason } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { features, type NoticeView } from '../call/feature.js';
import { session } from '../call/session.js';
import { t, type PlainKey } from '../i18n/index.js';
import { navigate } from '../router.js';
import { icon, type IconName } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import '../ui/header.js';

type Kind = EndReason | 'unknown' | 'insecure' | 'no-webrtc' | 'too-old';
interface Notice { icon: IconName; bad?: true; title: PlainKey; text: PlainKey; again?: PlainKey }

/** The reasons that a feature has no words for. */
const notices: Partial<Record<Kind, Notice>> & { rejected: Notice } = {
  left: { icon: 'leave', title: 'end.left', text: 'end.left.text', again: 'end.rejoin' },
  'room-full': { icon: 'people', title: 'end.full', text: 'end.full.text', again: 'end.retry' },
  replaced: { icon: 'copy', title: 'end.replaced', text: 'end.replaced.text', again: 'end.here' },
  'server-gone': { icon: 'plug', bad: true, title: 'end.gone', text: 'end.gone.text', again: 'end.retry' },
  'server-full': { icon: 'people', bad: true, title: 'end.busy', text: 'end.busy.text', again: 'end.retry' },
  rejected: { icon: 'lock', bad: true, title: 'end.rejected', text: 'end.rejected.text', again: 'end.retry' },
  'protocol-error': { icon: 'warning', bad: true, title: 'end.error', text: 'end.error.text' },
  'unsupported-browser': { icon: 'warning', bad: true, title: 'end.browser', text: 'end.browser.text' },
  'no-webrtc': { icon: 'warning', bad: true, title: 'end.browser', text: 'end.webrtc.text' },
  'too-old': { icon: 'warning', bad: true, title: 'end.browser', text: 'end.browser.text' },
  insecure: { icon: 'lock', bad: true, title: 'end.insecure', text: 'end.insecure.text' },
  unknown: { icon: 'link', title: 'end.unknown', text: 'end.unknown.text' },
};

/** A page with one thing to say: the call is over, or could not be. */
class NoticePage extends View {
  static override properties = { kind: { type: String } };
  declare kind: Kind;

  override firstUpdated(): void {
    this.querySelector('h1')?.focus();
  }

  #notice(): NoticeView {
    const own = notices[this.kind];
    if (!own) {
      const theirs = offered(this.kind);
      if (theirs) return theirs;
    }
    const { title, text, again, ...look } = own ?? notices.rejected;
    return { ...look, title: t(title), text: t(text), ...(again ? { again: { label: t(again), act: () => session.rejoin() } } : {}) };
  }

  override render(): TemplateResult {
    const notice = this.#notice();
    const { route } = this.state;
    return html`<parley-header></parley-header>
      <main class="notice ${notice.bad ? 'bad' : ''}" id="main" data-notice=${this.kind}>
        <span class="notice-mark">${icon(notice.icon)}</span>
        <h1 tabindex="-1">${notice.title}</h1>
        <p>${notice.text}</p>
        ${route.page === 'room' ? html`<p class="room-line">${t('end.room')} <span class="room-code">${route.room}</span></p>` : nothing}
        <div class="buttons">
          ${notice.again ? html`<button class="button primary" type="button" data-action="again" @click=${notice.again.act}>${notice.again.label}</button>` : nothing}
          ${this.kind === 'protocol-error' ? html`<button class="button primary" type="button" @click=${() => location.reload()}>${t('end.reload')}</button>` : nothing}
          ${this.kind === 'insecure' ? html`<a class="button primary" href=${secureURL()}>${t('end.insecure.open')}</a>` : nothing}
          ${this.kind === 'server-gone' ? html`<a class="button" href="/check" @click=${goCheck}>${t('end.check')}</a>` : nothing}
          <a class="button" href="/" @click=${goHome}>${t('end.home')}</a>
        </div>
      </main>`;
  }
}

function offered(kind: Kind): NoticeView | null {
  for (const feature of features()) {
    const notice = feature.notice?.(kind as EndReason);
    if (notice) return notice;
  }
  return null;
}

/** The same page over HTTPS, on the port of `parley serve` if this one names its own. */
function secureURL(): string {
  const url = new URL(location.href);
  url.protocol = 'https:';
  if (url.port === '8080') url.port = '8443';
  return url.href;
}

function goCheck(event: MouseEvent): void {
  event.preventDefault();
  navigate('/check');
}

function goHome(event: MouseEvent): void {
  event.preventDefault();
  navigate('/');
}

define('parley-notice', NoticePage);
