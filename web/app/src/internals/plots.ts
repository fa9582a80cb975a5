import { html, nothing, type TemplateResult } from 'lit';
import { peerPlots, openPlots, type Describe, type Plots } from '../call/plots.js';
import { t as core } from '../i18n/index.js';
import { define, View } from '../ui/view.js';
import type { ConnectionCourse } from './course.js';
import { t } from './texts.js';

const describe: Describe = (color) => [
  ...peerPlots(color),
  {
    title: t('plot.frames'), unit: '', floor: 10,
    curves: [
      { label: core('plot.received'), color: color('--accent'), values: 'framesReceived' },
      { label: core('plot.sent'), color: color('--apricot'), values: 'framesSent' },
    ],
  },
  { title: t('plot.available'), unit: core('plot.unit.kbps'), floor: 100, curves: [{ label: t('plot.available'), color: color('--apricot'), values: 'availableKbps' }] },
];

/** The curves of a connection from its beginning to its end. */
class DumpPlots extends View {
  static override properties = { course: { attribute: false }, version: { attribute: false } };
  declare course: ConnectionCourse;
  declare version: number;
  #plots: Plots | null = null;
  #failed = false;

  override firstUpdated(): void {
    void openPlots({ describe, whole: true }).then((plots) => {
      this.#plots = plots;
      this.requestUpdate();
    }, () => {
      this.#failed = true;
      this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#plots?.close();
  }

  override updated(): void {
    const place = this.querySelector<HTMLElement>('.plots');
    if (place) this.#plots?.show(place, this.course.course, document.documentElement.dataset.theme ?? '');
  }

  override render(): TemplateResult {
    const samples = this.course.course.timeS?.length ?? 0;
    return html`<section class="internals-part" aria-labelledby="plots-title" data-samples=${samples}><h2 id="plots-title">${t('plots')}</h2>
      ${samples === 0 ? html`<p class="internals-none">${t('plots.none')}</p>` : nothing}
      ${this.#failed ? html`<p class="internals-none">${core('connection.plots.failed')}</p>` : nothing}
      <div class="plots" ?hidden=${samples === 0}></div></section>`;
  }
}

define('parley-dump-plots', DumpPlots);
