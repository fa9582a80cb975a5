import { html, nothing, type TemplateResult } from 'lit';
import { formatNumber } from '../i18n/index.js';
import { saveFile } from '../ui/save.js';
import { icon, type IconName } from '../ui/icons.js';
import { loadStyle } from '../ui/style.js';
import { vars } from '../ui/vars.js';
import { define, View } from '../ui/view.js';
import { Run, stepState, type Checkup } from './checkup.js';
import { playChime } from './devices.js';
import { reportOf } from './report.js';
import { relayOf, steps, type RelayProtocol, type RelayResult, type StepName, type StepState } from './results.js';
import { t } from './texts.js';
import type { Level, Verdict } from './verdict.js';
import { adviceText, finding, levelTitle, openingText, reasonText, stateText, stepTitle } from './words.js';

await loadStyle('check/style.css');

const groups: readonly { title: 'group.browser' | 'group.network' | 'group.devices'; steps: readonly StepName[] }[] = [
  { title: 'group.browser', steps: steps.slice(0, 3) },
  { title: 'group.network', steps: steps.slice(3, 10) },
  { title: 'group.devices', steps: steps.slice(10) },
];
const marks: Record<StepState, IconName | null> = { waiting: null, running: null, good: 'check', note: 'warning', bad: 'close', skipped: null };
const levelMarks: Record<Level, IconName> = { well: 'check', relayed: 'relay', limited: 'warning', impossible: 'close' };

/** Runs the test as soon as it is shown, on the page /check and in a dialog at the door. */
class CheckRun extends View {
  #run: Run | null = null;
  #checkup: Checkup = { results: {}, running: null, verdict: null, level: 0 };
  #addresses = false;
  #copied: 'yes' | 'no' | null = null;
  #chime: 'no' | 'playing' | 'played' = 'no';

  override connectedCallback(): void {
    super.connectedCallback();
    this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#run?.stop();
  }

  override render(): TemplateResult {
    const { verdict } = this.#checkup;
    return html`<div class="checkup" data-verdict=${verdict ? `${verdict.level} ${verdict.reason}` : nothing}>
      ${this.#renderVerdict()}
      ${groups.map(({ title, steps: names }) => html`<section class="check-group">
        <h2>${t(title)}</h2>
        <ul>${names.map((name) => this.#renderStep(name))}</ul>
      </section>`)}
      ${verdict ? html`${this.#renderExperts()}${this.#renderReport()}` : nothing}
    </div>`;
  }

  #start(): void {
    this.#run?.stop();
    this.#chime = 'no';
    this.#copied = null;
    this.#run = new Run((checkup) => {
      this.#checkup = checkup;
      this.requestUpdate();
    });
    this.#checkup = this.#run.state;
    this.requestUpdate();
  }

  #renderVerdict(): TemplateResult {
    const { verdict, running } = this.#checkup;
    const done = steps.filter((step) => !['waiting', 'running'].includes(stepState(step, this.#checkup))).length;
    if (!verdict) {
      return html`<div class="check-verdict" data-level="running" role="status">
        <span class="check-verdict-mark"><span class="spinner"></span></span>
        <div><p class="check-verdict-title">${t('running')}</p><p>${running ? t('running.step', { step: stepTitle(running) }) : nothing}</p></div>
        <span class="check-progress" ${vars({ '--done': String(done / (steps.length - 1)) })}></span>
      </div>`;
    }
    return html`<div class="check-verdict" data-level=${verdict.level} role="status">
      <span class="check-verdict-mark">${icon(levelMarks[verdict.level])}</span>
      <div><p class="check-verdict-title">${levelTitle(verdict.level)}</p>
        <p>${reasonText(verdict.reason)} ${adviceText(verdict.reason)}</p>
        ${verdict.open.length > 0 ? html`<ul class="check-open">${verdict.open.map((opening) => html`<li>${openingText(opening)}</li>`)}</ul>` : nothing}</div>
      <button class="button small" type="button" data-action="check-again" @click=${() => this.#start()}>${t('again')}</button>
    </div>`;
  }

  #renderStep(name: StepName): TemplateResult {
    const state = stepState(name, this.#checkup);
    const mark = marks[state];
    return html`<li class="check-step" data-step=${name} data-state=${state}>
      <span class="check-mark">${state === 'running' ? html`<span class="spinner"></span>` : mark ? icon(mark) : html`<i></i>`}<span class="visually-hidden">${stateText(state)}</span></span>
      <span class="check-name">${stepTitle(name)}</span>
      <span class="check-found">${finding(name, this.#checkup.results)}
        ${name === 'microphone' && state === 'running' ? html`<span class="check-level" ${vars({ '--level': String(this.#checkup.level) })}></span>` : nothing}
        ${name === 'speaker' ? this.#renderSpeaker() : nothing}</span>
    </li>`;
  }

  #renderSpeaker(): TemplateResult | typeof nothing {
    const { verdict, results } = this.#checkup;
    if (!verdict) return nothing;
    const answer = (heard: boolean) => (): void => this.#run?.heard(heard);
    return html`<span class="check-speaker">
      <button class="button small" type="button" data-action="chime" aria-busy=${this.#chime === 'playing'} @click=${() => void this.#play()}>${icon('speaker')}${t('speaker.play')}</button>
      ${this.#chime === 'played' && !results.speaker ? html`<span>${t('speaker.question')}</span>
        <button class="button small" type="button" data-action="heard" @click=${answer(true)}>${t('speaker.yes')}</button>
        <button class="button small" type="button" @click=${answer(false)}>${t('speaker.no')}</button>` : nothing}
    </span>`;
  }

  #renderExperts(): TemplateResult {
    const relays = (['udp', 'tcp', 'tls'] as const).map((protocol) => relayOf(this.#checkup.results, protocol)).filter((relay) => relay !== null);
    return html`<details class="check-experts"><summary>${t('experts')}</summary>
      ${relays.length === 0 ? html`<p>${t('experts.none')}</p>` : html`<div class="check-table" tabindex="0" role="group" aria-label=${t('experts')}><table>
        <thead><tr><th scope="col">${t('experts.way')}</th><th scope="col">${t('experts.connect')}</th><th scope="col">${t('experts.rtt')}</th><th scope="col">${t('experts.loss')}</th>
          <th scope="col">${t('experts.jitter')}</th><th scope="col">${t('experts.throughput')}</th><th scope="col">${t('experts.url')}</th></tr></thead>
        <tbody>${relays.map(renderRelay)}</tbody></table></div>`}
      ${this.#addresses && this.#checkup.results.families ? html`<p><code>${this.#checkup.results.families.addresses.join(', ')}</code></p>` : nothing}
    </details>`;
  }

  #renderReport(): TemplateResult {
    return html`<div class="check-report">
      <button class="button" type="button" data-action="save-report" @click=${() => this.#save()}>${icon('share')}${t('report.save')}</button>
      <button class="button" type="button" data-action="copy-report" @click=${() => void this.#copy()}>${icon('copy')}${t('report.copy')}</button>
      <label><input type="checkbox" name="addresses" .checked=${this.#addresses} @change=${(event: Event) => {
        this.#addresses = (event.target as HTMLInputElement).checked;
        this.requestUpdate();
      }}><span>${t('report.addresses')}</span></label>
      <p role="status">${this.#copied === 'yes' ? t('report.copied') : this.#copied === 'no' ? t('report.copy-failed') : nothing}</p>
    </div>`;
  }

  #save(): void {
    const report = reportOf(this.#checkup.results, this.#checkup.verdict, {
      createdAt: new Date().toISOString(), server: location.host, userAgent: navigator.userAgent, addresses: this.#addresses,
    });
    saveFile(`parley-check-${report.createdAt.slice(0, 19).replaceAll(':', '-')}.json`, new Blob([JSON.stringify(report, null, 2)], { type: 'application/json' }));
  }

  async #copy(): Promise<void> {
    const { verdict, results } = this.#checkup;
    try {
      await navigator.clipboard.writeText(verdict ? asText(verdict, this.#checkup, this.#addresses ? results.families?.addresses ?? [] : []) : '');
      this.#copied = 'yes';
    } catch {
      this.#copied = 'no';
    }
    this.requestUpdate();
  }

  async #play(): Promise<void> {
    if (this.#chime === 'playing') return;
    this.#chime = 'playing';
    this.requestUpdate();
    await playChime().catch(() => undefined);
    this.#chime = 'played';
    this.requestUpdate();
  }
}

function renderRelay({ protocol, url, carried, errorCode, errorText }: RelayResult): TemplateResult {
  const ms = (value: number): string => t('experts.ms', { value: formatNumber(value, 1) });
  const way = stepTitle(turnStep(protocol));
  if (!carried) return html`<tr><th scope="row">${way}</th><td colspan="5">${[errorCode ?? '', errorText].filter((part) => part !== '').join(' ') || t('found.unreachable')}</td><td><code>${url}</code></td></tr>`;
  return html`<tr><th scope="row">${way}</th><td>${ms(carried.connectMs)}</td><td>${ms(carried.rttMs)}</td>
    <td>${t('experts.percent', { value: formatNumber(carried.lossFraction * 100, 1) })}</td><td>${ms(carried.jitterMs)}</td>
    <td>${carried.throughputBps === null ? '–' : t('experts.mbps', { value: formatNumber(carried.throughputBps / 1e6, 1) })}</td><td><code>${url}</code></td></tr>`;
}

function turnStep(protocol: RelayProtocol): StepName {
  return protocol === 'udp' ? 'turn-udp' : protocol === 'tcp' ? 'turn-tcp' : 'turn-tls';
}

function asText(verdict: Verdict, checkup: Checkup, addresses: readonly string[]): string {
  const lines = steps.map((step) => {
    const found = finding(step, checkup.results);
    return `${stepTitle(step)}: ${stateText(stepState(step, checkup))}${found ? `. ${found}` : ''}`;
  });
  return [
    t('report.title', { server: location.host, time: new Date().toISOString() }), '',
    levelTitle(verdict.level), `${reasonText(verdict.reason)} ${adviceText(verdict.reason)}`.trim(), ...verdict.open.map((opening) => `- ${openingText(opening)}`), '',
    ...lines, ...addresses, navigator.userAgent,
  ].join('\n');
}

define('parley-check-run', CheckRun);
