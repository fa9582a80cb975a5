import { newRoom } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { formatDay, t } from '../i18n/index.js';
import { forgetHostKey, keepHostKey } from '../keys.js';
import { navigate, parseInvite } from '../router.js';
import { forgetRoom, settings } from '../settings.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import '../ui/header.js';
import { artwork } from './artwork.js';

class HomePage extends View {
  #wrong = false;

  override render(): TemplateResult {
    return html`<parley-header></parley-header>
      <main class="home" id="main">
        <section class="home-start">
          <h1>${t('home.title')}</h1>
          <p class="lead">${t('home.lead')}</p>
          <button class="button primary large" type="button" data-action="start" @click=${start}>
            ${icon('camera')}<span>${t('home.start')}</span>
          </button>
          ${this.#renderJoin()}
          ${this.#renderRecent()}
        </section>
        <div class="home-art" aria-hidden="true">${artwork()}</div>
        <ul class="home-facts">
          <li>${icon('direct')}<div><strong>${t('home.fact.direct')}</strong><span>${t('home.fact.direct.text')}</span></div></li>
          <li>${icon('lock')}<div><strong>${t('home.fact.private')}</strong><span>${t('home.fact.private.text')}</span></div></li>
          <li>${icon('link')}<div><strong>${t('home.fact.link')}</strong><span>${t('home.fact.link.text')}</span></div></li>
        </ul>
        <nav class="home-foot" aria-label=${t('home.more')}><a href="/check" @click=${follow}>${t('home.check')}</a>
          <a href="/learn" @click=${follow}>${t('home.learn')}</a> <a href="/docs/">${t('home.docs')}</a></nav>
      </main>`;
  }

  #renderJoin(): TemplateResult {
    return html`<form class="home-join" @submit=${(event: SubmitEvent) => this.#join(event)}>
      <label class="field-label" for="code">${t('home.join.label')}</label>
      <div class="field-row">
        <input class="field" id="code" name="code" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="2000"
          placeholder=${t('home.join.placeholder')} aria-invalid=${this.#wrong ? 'true' : 'false'} aria-describedby="code-error"
          @input=${() => this.#setWrong(false)}>
        <button class="button" type="submit">${t('home.join')}</button>
      </div>
      <p class="field-error" id="code-error" aria-live="polite">${this.#wrong ? t('home.join.wrong') : nothing}</p>
    </form>`;
  }

  #renderRecent(): TemplateResult | typeof nothing {
    const { recent } = settings();
    if (recent.length === 0) return nothing;
    const now = Date.now();
    return html`<section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">${t('home.recent')}</h2>
      <ul>${recent.slice(0, 3).map(({ room, atMs }) => html`<li>
        <a href="/r/${room}" @click=${(event: MouseEvent) => this.#open(event, room)}>
          ${icon('clock')}<span class="room-code">${room}</span><span class="recent-day">${formatDay(atMs, now)}</span></a>
        <button class="icon-button small" type="button" aria-label=${t('home.recent.forget', { room })} title=${t('home.recent.forget', { room })}
          @click=${() => this.#forget(room)}>${icon('close')}</button>
      </li>`)}</ul>
    </section>`;
  }

  #join(event: SubmitEvent): void {
    event.preventDefault();
    const input = this.querySelector<HTMLInputElement>('#code');
    const url = parseInvite(input?.value ?? '', new URL(location.href));
    if (url) {
      navigate(url);
      return;
    }
    this.#setWrong(true);
    input?.focus();
  }

  #setWrong(wrong: boolean): void {
    this.#wrong = wrong;
    this.requestUpdate();
  }

  #open(event: MouseEvent, room: string): void {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigate(`/r/${room}`);
  }

  #forget(room: string): void {
    forgetRoom(room);
    forgetHostKey(room);
    this.requestUpdate();
  }
}

async function start(): Promise<void> {
  const { room, hostKey } = await newRoom();
  keepHostKey(room, hostKey);
  navigate(`/r/${room}`);
}

function follow(event: MouseEvent): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  navigate((event.currentTarget as HTMLAnchorElement).href);
}

define('parley-home', HomePage);
