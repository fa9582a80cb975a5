import type { CandidateInfo, PathInfo, PeerStats, TrackStats } from '@parley/client';
import { html, nothing, type TemplateResult } from 'lit';
import { formatNumber, t } from '../i18n/index.js';
import type { PeerView } from '../state.js';
import { store } from '../store.js';
import { avatar } from '../ui/avatar.js';
import { icon } from '../ui/icons.js';
import { define, View } from '../ui/view.js';
import { bars, pathIcon, pathName, qualityName } from './badge.js';
import { candidateType, kindName } from './connection-words.js';
import { features } from './feature.js';
import { session } from './session.js';
import type { Plots } from './plots.js';

/** How one connection goes: in words, as curves, and by which candidate pair. */
class ConnectionView extends View {
  #plots: Plots | null = null;
  #plotsFailed = false;

  override firstUpdated(): void {
    void import('./plots.js').then(({ openPlots }) => openPlots()).then((plots) => {
      this.#plots = plots;
      this.requestUpdate();
    }, () => {
      this.#plotsFailed = true;
      this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#plots?.close();
  }

  override updated(): void {
    const peer = this.#peer();
    const place = this.querySelector<HTMLElement>('.plots');
    if (place && peer && this.#plots) this.#plots.show(place, session.history.of(peer.id), document.documentElement.dataset.theme ?? '');
  }

  override render(): TemplateResult {
    const peer = this.#peer();
    if (!peer) return html`<div class="connection"><p class="panel-empty">${icon('direct')}<span>${t('connection.empty')}</span></p></div>`;
    return html`<div class="connection" tabindex="0" role="group" aria-label=${t('connection.title')}>
      ${this.state.peers.length > 1 ? this.#renderChoice(peer) : nothing}
      ${renderSummary(peer)}
      ${peer.stats ? this.#renderFigures(peer.stats) : html`<div class="figures skeleton" role="status" aria-label=${t('connection.measuring')}><i></i><i></i><i></i><i></i></div>`}
      ${features().map((feature) => feature.connection?.() ?? nothing)}
      <section class="plots-part" aria-label=${t('connection.plots')}>
        <div class="plots ${this.#plots ? '' : 'loading'}"></div>
        ${this.#plotsFailed ? html`<p class="panel-note">${t('connection.plots.failed')}</p>` : nothing}
      </section>
      ${renderPair(peer.path)}
      ${peer.stats ? renderTracks(peer.stats.tracks) : nothing}
    </div>`;
  }

  #peer(): PeerView | undefined {
    const { peers, connectionPeer } = this.state;
    return peers.find((peer) => peer.id === connectionPeer) ?? peers[0];
  }

  #renderChoice(current: PeerView): TemplateResult {
    return html`<div class="choice" role="group" aria-label=${t('connection.with')}>${this.state.peers.map((peer) => html`<button type="button"
      aria-pressed=${peer === current} @click=${() => store.dispatch({ type: 'panel', panel: 'connection', peer: peer.id })}>${avatar(peer.name, peer.id)}<span>${peer.name || t('tile.guest')}</span></button>`)}</div>`;
  }

  #renderFigures(stats: PeerStats): TemplateResult {
    const milliseconds = (value: number | null): string => (value === null ? '–' : t('unit.ms', { value: formatNumber(value) }));
    const figure = (label: string, value: string): TemplateResult => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
    return html`<dl class="figures">
      ${figure(t('stats.rtt'), milliseconds(stats.rttMs))}
      ${figure(t('stats.jitter'), milliseconds(stats.jitterMs))}
      ${figure(t('stats.loss'), t('unit.percent', { value: formatNumber(stats.lossFraction * 100, 1) }))}
      ${figure(t('stats.rate'), `↑ ${rate(stats.sentBps)}  ↓ ${rate(stats.receivedBps)}`)}
    </dl>`;
  }
}

function renderSummary(peer: PeerView): TemplateResult {
  const relayed = peer.path.kind === 'relay';
  const text = peer.path.kind === 'none' ? t('connection.none.text') : t(relayed ? 'connection.relay.text' : 'connection.direct.text');
  return html`<div class="summary ${peer.path.kind}">
    <span class="summary-mark">${icon(pathIcon(peer.path))}</span>
    <div><p class="summary-title">${pathName(peer.path)} <span class="summary-quality">${bars(peer.quality)}${qualityName(peer.quality)}</span></p>
    <p>${text}</p></div>
  </div>`;
}

function renderPair({ local, remote }: PathInfo): TemplateResult | typeof nothing {
  if (!local && !remote) return nothing;
  const row = (label: string, candidate: CandidateInfo | undefined): TemplateResult => html`<tr><th scope="row">${label}</th>
    <td>${candidate ? html`<code>${address(candidate)}</code><span>${candidateType(candidate)}</span>` : '–'}</td></tr>`;
  return html`<section aria-labelledby="pair-title"><h3 id="pair-title">${t('connection.pair')}</h3>
    <table class="pair"><tbody>${row(t('connection.local'), local)}${row(t('connection.remote'), remote)}</tbody></table></section>`;
}

function renderTracks(tracks: readonly TrackStats[]): TemplateResult | typeof nothing {
  if (tracks.length === 0) return nothing;
  return html`<section aria-labelledby="tracks-title"><h3 id="tracks-title">${t('connection.tracks')}</h3>
    <ul class="tracks">${tracks.map((track) => html`<li>
      <span class="track-way" aria-hidden="true">${track.direction === 'inbound' ? '↓' : '↑'}</span>
      <span><strong>${kindName(track.kind)}</strong><span class="visually-hidden">, ${t(track.direction === 'inbound' ? 'stats.inbound' : 'stats.outbound')}</span>
      <span class="track-text">${describe(track)}</span></span>
      <span class="track-rate">${rate(track.bitrateBps)}</span></li>`)}</ul></section>`;
}

function describe(track: TrackStats): string {
  const parts = [track.codec.replace(/^\w+\//, '')];
  if (track.width !== null && track.height !== null) parts.push(`${track.width}×${track.height}`);
  if (track.fps !== null) parts.push(t('unit.fps', { value: formatNumber(track.fps) }));
  if (track.freezeCount) parts.push(t('stats.freezes', { count: track.freezeCount }));
  if (track.limitedBy === 'cpu') parts.push(t('stats.limited.cpu'));
  if (track.limitedBy === 'bandwidth') parts.push(t('stats.limited.bandwidth'));
  return parts.filter((part) => part !== '').join(' · ');
}

function rate(bps: number): string {
  if (bps >= 1_000_000) return t('unit.mbps', { value: formatNumber(bps / 1_000_000, 1) });
  return t('unit.kbps', { value: formatNumber(bps / 1000) });
}

function address({ address: host, port }: CandidateInfo): string {
  return `${host.includes(':') ? `[${host}]` : host || '…'}:${port}`;
}

define('parley-connection', ConnectionView);
