/** What is shown while somebody records: a bar for oneself, a line for the others, a mark for each who does. */
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../../ui/icons.js';
import { define, View } from '../../ui/view.js';
import { othersText, recorder, type Problem } from './recorder.js';
import { sizeText, timeText } from './size.js';
import { t } from './texts.js';

const TICK_MS = 500;

const problemWords = {
  'no-space': 'problem.no-space', slow: 'problem.slow', failed: 'problem.failed', store: 'problem.store', file: 'problem.file',
  start: 'problem.start', 'start.space': 'problem.start.space', 'start.store': 'problem.start.store',
} as const satisfies Record<Problem, string>;

/** Draws itself again as time goes by, and the rest of the page stays as it is. */
class RecordingBar extends View {
  #timer = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = window.setInterval(() => this.requestUpdate(), TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override render(): TemplateResult {
    const { phase, take } = recorder;
    const running = phase === 'recording' || phase === 'paused';
    return html`<div class="banner recording-bar ${phase}" role="group" aria-label=${t('mine')} aria-live="off" data-recording-phase=${phase}>
      <span class="recording-dot" aria-hidden="true"></span>
      ${running && take ? html`<span class="recording-time"><b role="timer">${timeText(take.elapsedMs)}</b>${phase === 'paused' ? html`<em>${t('paused')}</em>` : html`<small>${sizeText(take.bytes)}</small>`}</span>
        ${button('pause', phase === 'paused' ? 'record' : 'pause', t(phase === 'paused' ? 'resume' : 'pause'), () => (recorder.phase === 'paused' ? recorder.resume() : recorder.pause()))}
        ${button('stop', 'stop', t('stop'), () => void recorder.stop())}`
        : html`<span>${t(phase === 'saving' ? 'saving' : 'starting')}</span>`}
    </div>`;
  }
}

function button(name: string, image: 'pause' | 'record' | 'stop', label: string, act: () => void): TemplateResult {
  return html`<button class="icon-button small" type="button" data-recording-act=${name} aria-label=${label} title=${label} @click=${act}>${icon(image)}</button>`;
}

/** Silent for screen readers: what changes is announced where all else is. */
export function banner(): TemplateResult | null {
  const { others, problem, phase, kept } = recorder;
  if (others.length === 0 && problem === null && phase === 'idle') return null;
  const latest = problem !== null && problem !== 'file' && !problem.startsWith('start') ? kept.find(({ saved }) => !saved) : undefined;
  return html`${others.length > 0 ? html`<p class="banner" data-banner="recording" aria-live="off"><span class="recording-dot" aria-hidden="true"></span><span>${othersText(others)}</span></p>` : nothing}
    ${phase === 'idle' ? nothing : html`<parley-recording></parley-recording>`}
    ${problem === null ? nothing : html`<div class="banner" data-banner="recording-problem">${icon('warning')}<span>${t(problemWords[problem])}</span>
      ${latest ? html`<button class="button small" type="button" data-action="save" @click=${() => void recorder.save(latest.name)}>${t('kept.save')}</button>` : nothing}
      <button class="icon-button small" type="button" aria-label=${t('problem.hide')} title=${t('problem.hide')} @click=${() => recorder.hideProblem()}>${icon('close')}</button></div>`}`;
}

/** `undefined` is oneself. */
export function mark(peer: string | undefined, look: string): TemplateResult | null {
  return recorder.records(peer)
    ? html`<span class="${look} recording-mark" role="img" aria-label=${t('mark')} title=${t('mark')}><span class="recording-dot"></span></span>` : null;
}

define('parley-recording', RecordingBar);
