import { html, nothing, type TemplateResult } from 'lit';
import { deviceSelect } from '../call/device-select.js';
import { features } from '../call/feature.js';
import { problemHelp, problemTitle } from '../call/problems.js';
import { session } from '../call/session.js';
import { t } from '../i18n/index.js';
import type { Input } from '../state.js';
import { store } from '../store.js';
import { avatar } from '../ui/avatar.js';
import { icon } from '../ui/icons.js';
import { plays } from '../ui/stream.js';
import { define, View } from '../ui/view.js';
import '../ui/header.js';
import '../ui/level.js';

/** The door of a room: see yourself, choose devices, say your name, go in. */
class PrejoinPage extends View {
  override render(): TemplateResult {
    const { route, inputs, phase } = this.state;
    const room = route.page === 'room' ? route.room : '';
    return html`<parley-header></parley-header>
      <main class="prejoin" id="main">
        <section class="prejoin-look" aria-label=${t('prejoin.preview')}>
          ${this.#renderPreview()}
          <div class="prejoin-devices">${deviceSelect('microphone', 'door')}${deviceSelect('camera', 'door')}${deviceSelect('speaker', 'door')}</div>
        </section>
        <section class="prejoin-enter">
          ${phase === 'waiting' ? features().map((feature) => feature.waiting?.() ?? nothing) : this.#renderForm(room)}
          ${this.#renderHelp()}
          ${features().map((feature) => feature.door?.() ?? nothing)}
          ${phase === 'prejoin' && !inputs.microphone.on && !inputs.camera.on && !inputs.microphone.starting && !inputs.camera.starting
            ? html`<p class="prejoin-note">${t('prejoin.without')}</p>` : nothing}
        </section>
      </main>`;
  }

  #renderForm(room: string): TemplateResult {
    return html`<h1>${t('prejoin.title')}</h1>
      <p class="room-line">${icon('link')}<span class="visually-hidden">${t('end.room')}</span><span class="room-code">${room}</span></p>
      <form @submit=${(event: SubmitEvent) => this.#join(event)}>
        <label class="field-label" for="name">${t('prejoin.name')}</label>
        <input class="field" id="name" name="name" type="text" autocomplete="name" maxlength="64" placeholder=${t('prejoin.name.placeholder')}
          .value=${this.state.name} @input=${(event: InputEvent) => session.setName((event.target as HTMLInputElement).value)}>
        ${features().map((feature) => feature.entry?.() ?? nothing)}
        <button class="button primary large" type="submit" data-action="join" aria-busy=${this.state.phase === 'joining'}>${t('prejoin.join')}${icon('arrow')}</button>
      </form>`;
  }

  #renderPreview(): TemplateResult {
    const { inputs, name } = this.state;
    const { camera } = inputs;
    const stream = camera.on ? session.media?.stream ?? null : null;
    return html`<div class="preview ${camera.starting ? 'starting' : ''}">
      <video class="mirrored" autoplay playsinline .muted=${true} ${plays(stream)} ?hidden=${!camera.on} aria-label=${t('prejoin.preview')}></video>
      ${camera.on ? nothing : html`<div class="preview-off">
        ${camera.starting ? html`<span class="spinner"></span><p>${t('prejoin.starting')}</p>` : html`${avatar(name, 'self')}<p>${camera.problem ? problemTitle('camera', camera.problem) : t('prejoin.camera-off')}</p>`}
      </div>`}
      <div class="preview-controls">
        ${this.#renderToggle('microphone')}
        ${this.#renderToggle('camera')}
      </div>
    </div>`;
  }

  #renderToggle(kind: Input): TemplateResult {
    const { on, starting, problem } = this.state.inputs[kind];
    const label = kind === 'microphone'
      ? t(on ? 'control.mic.off' : 'control.mic.on')
      : t(on ? 'control.camera.off' : 'control.camera.on');
    const image = kind === 'microphone' ? icon(on ? 'mic' : 'mic-off') : icon(on ? 'camera' : 'camera-off');
    const toggle = (): void => void (kind === 'microphone' ? session.toggleMicrophone() : session.toggleCamera());
    return html`<button class="control ${on ? '' : 'off'}" type="button" data-control=${kind} aria-pressed=${on} aria-label=${label} title=${label}
      aria-busy=${starting} @click=${toggle}>${image}${kind === 'microphone' && on ? html`<parley-level></parley-level>` : nothing}
      ${problem ? html`<span class="control-problem">!</span>` : nothing}</button>`;
  }

  #renderHelp(): TemplateResult | typeof nothing {
    const { microphone, camera } = this.state.inputs;
    const problems = (['camera', 'microphone'] as const).filter((kind) => this.state.inputs[kind].problem !== null);
    if (problems.length === 0) return nothing;
    const same = camera.problem === microphone.problem && camera.problem === 'permission-denied';
    const codes = [...new Set(problems.map((kind) => this.state.inputs[kind].problem ?? 'failed'))];
    const help = [...new Set(problems.flatMap((kind) => problemHelp(this.state.inputs[kind].problem ?? 'failed')))];
    const views = codes.flatMap((code) => features().map((feature) => feature.help?.(code) ?? null)).filter((view) => view !== null);
    return html`<section class="help-card" aria-labelledby="help-title">
      <h2 id="help-title">${icon('warning')}${same ? t('problem.both.denied') : t('problem.title')}</h2>
      ${same ? nothing : html`<ul class="help-problems">${problems.map((kind) => html`<li>${problemTitle(kind, this.state.inputs[kind].problem ?? 'failed')}</li>`)}</ul>`}
      ${views.map(({ picture }) => picture)}
      <ol class="help-steps">${help.map((line) => html`<li>${line}</li>`)}</ol>
      ${views.map(({ more }) => more)}
      <button class="button small" type="button" @click=${() => problems.forEach((kind) => void session.start(kind))}>${t('problem.retry')}</button>
    </section>`;
  }

  #join(event: SubmitEvent): void {
    event.preventDefault();
    store.dispatch({ type: 'name', name: store.state.name.trim() });
    const password = new FormData(event.target as HTMLFormElement).get('password');
    void session.join(typeof password === 'string' ? password : '');
  }
}

define('parley-prejoin', PrejoinPage);
