/** The cards of transfers in the chat. */
import type { FileProblem, Incoming, Outgoing } from '@parley/client/files';
import { html, nothing, type TemplateResult } from 'lit';
import { t as core } from '../../i18n/index.js';
import { store, toastText } from '../../store.js';
import { icon, type IconName } from '../../ui/icons.js';
import { files, type Batch } from './files.js';
import { canPickTarget, chosen, pickFolder, pickTarget } from './pick.js';
import { percentOf, sumIncoming, sumOutgoing, withoutReturned, type Progress, type ReceiverSummary } from './summary.js';
import { t } from './texts.js';
import { left, percent, size, speed } from './units.js';

/** Files of a group that are listed; a larger one is a number. */
const listedMax = 100;
/** Files of a group that are listed without being asked for. */
const listedOpenMax = 3;

export function renderIncoming(batch: Batch<Incoming>): TemplateResult {
  const { files: all } = batch;
  const [first] = all;
  if (!first) return html``;
  const sum = sumIncoming(all);
  const sender = files.senderOf(first);
  return html`<section class="file-card" data-file-state=${sum.state} aria-label=${titleOf(batch)}>
    ${renderHead(batch, sender === '' ? t('from.kept') : t('from', { name: sender }))}
    ${renderThumbnail(all)}
    <p class="file-state">${stateIcon(sum.state)}<span>${stateText(all, sum.state)}</span></p>
    ${['receiving', 'paused', 'waiting', 'verifying'].includes(sum.state) ? renderProgress(sum, sum.state === 'receiving') : nothing}
    ${all.length > 1 ? renderList(all) : renderHash(first)}
    ${renderActions(batch)}
  </section>`;
}

export function renderOutgoing(batch: Batch<Outgoing>): TemplateResult {
  const { files: all } = batch;
  const [first] = all;
  if (!first) return html``;
  const receivers = withoutReturned(sumOutgoing(all), (peer) => files.nameOf(peer));
  const to = first.to === null ? t('to.everybody')
    : store.state.peers.some(({ id }) => id === first.to) ? t('to.one', { name: files.nameOf(first.to) }) : t('to.earlier');
  const lacking = all.filter(({ needsFile }) => needsFile);
  return html`<section class="file-card mine" data-file-state="outgoing" aria-label=${titleOf(batch)}>
    ${renderHead(batch, to)}
    ${lacking.length > 0 ? renderAgain(lacking) : nothing}
    ${receivers.length === 0 && lacking.length === 0 ? html`<p class="file-state">${t('out.offered')}</p>` : nothing}
    ${receivers.length > 0 ? html`<ul class="file-receivers">${receivers.map(renderReceiver)}</ul>` : nothing}
    <div class="file-actions">${button('withdraw', t('withdraw'), () => files.withdraw(all))}</div>
  </section>`;
}

function titleOf({ name, files: all }: Batch<Incoming> | Batch<Outgoing>): string {
  return name ?? (all.length === 1 ? all[0]?.name ?? '' : t('count', { count: all.length }));
}

function renderHead(batch: Batch<Incoming> | Batch<Outgoing>, whose: string): TemplateResult {
  const { name, files: all } = batch;
  const bytes = all.reduce((sum, file) => sum + file.bytes, 0);
  return html`<header class="file-head"><span class="file-icon">${icon(name !== null ? 'folder' : 'file')}</span>
    <div><p class="file-name" title=${titleOf(batch)}><bdi>${titleOf(batch)}</bdi></p>
    <p class="file-meta">${size(bytes)}${name !== null ? html` · ${t('count', { count: all.length })}` : nothing} · ${whose}</p></div></header>`;
}

function renderThumbnail(all: readonly Incoming[]): TemplateResult | typeof nothing {
  const shown = all.flatMap((file) => {
    const url = files.thumbnailOf(file.id);
    return url ? [{ url, name: file.name }] : [];
  }).slice(0, 6);
  if (shown.length === 0) return nothing;
  return html`<div class="file-pictures ${shown.length > 1 ? 'several' : ''}">${shown.map(({ url, name }) => html`<img src=${url} alt=${t('picture', { name })}>`)}</div>`;
}

function stateIcon(state: Incoming['state']): TemplateResult | typeof nothing {
  const image: Partial<Record<Incoming['state'], IconName>> = { done: 'check', failed: 'warning', waiting: 'clock', paused: 'pause' };
  const name = image[state];
  return name ? icon(name) : nothing;
}

function stateText(all: readonly Incoming[], state: Incoming['state']): string {
  const of = all.filter((file) => file.state === state);
  switch (state) {
    case 'offered': return t('state.offered');
    case 'receiving': return t('state.receiving');
    case 'paused': return t('state.paused');
    case 'waiting': return t(of.some(({ problem }) => problem === 'unreadable') ? 'state.waiting.file' : 'state.waiting');
    case 'verifying': return t('state.verifying');
    case 'done': return t(of.every(({ target }) => target !== 'store') ? 'state.done.disk' : 'state.done');
    case 'failed': return problemText(of.find(({ problem }) => problem !== null)?.problem ?? null);
    case 'refused': return t('state.refused');
  }
}

function problemText(problem: FileProblem | null): string {
  switch (problem) {
    case 'changed': return t('problem.changed');
    case 'unreadable': return t('problem.unreadable');
    case 'no-space': return t('problem.no-space', { free: size(files.room?.freeBytes ?? 0) });
    case 'bad-piece': return t('problem.bad-piece');
    case 'too-large': return t('problem.too-large');
    case 'unknown': return t('problem.unknown');
    case 'withdrawn': return t('problem.withdrawn');
    case 'no-store': return t('problem.no-store');
    case 'internal': return t('problem.internal');
    case null: return t('state.failed');
  }
}

function renderProgress(sum: Progress, moving: boolean): TemplateResult {
  const parts = [
    t('progress', { done: size(sum.doneBytes), total: size(sum.bytes) }),
    ...(moving && sum.rateBps > 0 ? [speed(sum.rateBps)] : []), ...(moving && sum.secondsLeft !== null ? [left(sum.secondsLeft)] : []),
  ];
  return html`${bar(sum, t('progress', { done: percent(percentOf(sum) / 100), total: size(sum.bytes) }))}
    <p class="file-figures">${parts.join(' · ')}</p>`;
}

function bar(sum: Progress, label: string): TemplateResult {
  return html`<progress class="file-progress" max="100" value=${percentOf(sum)} aria-label=${label}></progress>`;
}

function renderReceiver(receiver: ReceiverSummary): TemplateResult {
  const texts = {
    offered: t('out.offered.one'), checking: t('out.checking'), sending: t('out.sending'), paused: t('out.paused'), done: t('out.done'),
    refused: t('out.refused'), cancelled: t('out.cancelled'), failed: t('out.failed'), away: t('out.away'),
  };
  const name = files.nameOf(receiver.peer);
  const moving = receiver.state === 'sending';
  return html`<li data-receiver-state=${receiver.state}><p><strong><bdi>${name}</bdi></strong> ${texts[receiver.state]}</p>
    ${['sending', 'paused', 'checking'].includes(receiver.state) ? html`${bar(receiver, name)}
      <p class="file-figures">${[percent(percentOf(receiver) / 100), ...(moving && receiver.rateBps > 0 ? [speed(receiver.rateBps)] : []), ...(moving && receiver.secondsLeft !== null ? [left(receiver.secondsLeft)] : [])].join(' · ')}</p>` : nothing}</li>`;
}

/** After a reload the browser has forgotten the file itself. */
function renderAgain(lacking: readonly Outgoing[]): TemplateResult {
  const reopenable = lacking.filter(({ canReopen }) => canReopen);
  const reopen = async (): Promise<void> => {
    // One after the other: the browser may ask about each.
    for (const outgoing of reopenable) await outgoing.reopen();
  };
  return html`<div class="file-again"><p>${icon('warning')}<span>${t('again', { count: lacking.length })}</span></p>
    ${files.wrongFile ? html`<p class="file-wrong" role="alert">${t('again.wrong')}</p>` : nothing}
    <div class="file-actions">
      ${reopenable.length > 0 ? button('reopen', t('again.reopen'), () => void reopen(), true) : nothing}
      <label class="button small ${reopenable.length > 0 ? '' : 'primary'}"><input class="visually-hidden" type="file" data-files="again" ?multiple=${lacking.length > 1}
        @change=${(event: Event) => files.provide(chosen(event))}>${t('again.choose')}</label></div></div>`;
}

function renderList(all: readonly Incoming[]): TemplateResult {
  return html`<details class="file-list" ?open=${all.length <= listedOpenMax}><summary>${t('files')}</summary><ul>${all.slice(0, listedMax).map((file) => html`<li data-file-state=${file.state}>
    <span><bdi>${file.path}</bdi> <small>${size(file.bytes)} · ${stateText([file], file.state)}</small></span>
    ${file.state === 'done' && file.target === 'store' ? html`<button class="icon-button small" type="button" aria-label=${t('kept.save', { name: file.name })} title=${t('save')}
      @click=${() => void files.save([file])}>${icon('download')}</button>` : nothing}</li>`)}</ul></details>`;
}

function renderHash(file: Incoming): TemplateResult | typeof nothing {
  const hash = files.hashOf(file.id);
  if (!hash || file.state !== 'done') return nothing;
  if ('failed' in hash) return html`<p class="file-hash">${t('hash.failed')}</p>`;
  if ('bytes' in hash) return html`<p class="file-hash" role="status">${t('hash.running', { percent: percent(file.bytes === 0 ? 1 : Math.min(1, hash.bytes / file.bytes)) })}</p>`;
  return html`<p class="file-hash"><code>${hash.hex}</code><button class="icon-button small" type="button" aria-label=${t('hash.copy')} title=${t('hash.copy')}
    @click=${() => void copy(hash.hex)}>${icon('copy')}</button></p>`;
}

function renderActions({ files: all, name }: Batch<Incoming>): TemplateResult {
  const of = (...states: Incoming['state'][]): Incoming[] => all.filter(({ state }) => states.includes(state));
  const offered = of('offered');
  const running = of('receiving', 'waiting');
  const paused = of('paused');
  const failed = of('failed');
  const refused = of('refused').filter(({ from }) => from !== null);
  const done = of('done');
  const kept = done.filter(({ target }) => target === 'store');
  const again = failed.filter(({ from }) => from !== null);
  const short = failed.filter(({ problem, from }) => (problem === 'no-space' || problem === 'no-store') && from !== null);
  return html`<div class="file-actions">
    ${offered.length > 0 ? html`${files.canReceive ? button('receive', t('receive'), () => void files.accept(offered), true) : nothing}
      ${renderTarget(offered, name !== null)}${button('refuse', t('refuse'), () => offered.forEach((file) => file.refuse()))}` : nothing}
    ${running.length > 0 ? button('pause', t('pause'), () => running.forEach((file) => file.pause())) : nothing}
    ${paused.length > 0 ? button('resume', t('resume'), () => paused.forEach((file) => file.resume()), true) : nothing}
    ${running.length + paused.length > 0 ? button('cancel', t('cancel'), () => [...running, ...paused].forEach((file) => void file.cancel())) : nothing}
    ${again.length > 0 ? button('retry', t('retry'), () => void files.accept(again)) : nothing}
    ${renderTarget(short, name !== null)}
    ${short.length > 0 ? button('kept', t('kept'), () => store.dispatch({ type: 'dialog', dialog: 'files' })) : nothing}
    ${refused.length > 0 && offered.length === 0 ? button('receive', t('receive.again'), () => void files.accept(refused)) : nothing}
    ${kept.length > 0 ? button('save', t(kept.length > 1 ? 'save.all' : 'save'), () => void files.save(kept), true) : nothing}
    ${all.length === 1 && done[0] && !files.hashOf(done[0].id) ? button('hash', t('hash'), () => void files.hash(done[0] as Incoming)) : nothing}
    ${done.length + failed.length > 0 ? button('delete', t('delete'), () => void files.remove([...done, ...failed])) : nothing}
  </div>`;
}

/** Straight into a file or a folder that the person picks: there is no second copy, whatever the size. */
function renderTarget(wanted: readonly Incoming[], isFolder: boolean): TemplateResult | typeof nothing {
  const [first] = wanted;
  if (!first || !canPickTarget) return nothing;
  const whole = isFolder || wanted.length > 1;
  const pick = async (): Promise<void> => {
    const target = whole ? await pickFolder() : await pickTarget(first.name);
    if (target) await files.accept(wanted, target);
  };
  return button('receive-to', t(whole ? 'receive.folder' : 'receive.to'), () => void pick());
}

function button(action: string, label: string, act: () => void, primary = false): TemplateResult {
  return html`<button class="button small ${primary ? 'primary' : ''}" type="button" data-action=${action} @click=${act}>${label}</button>`;
}

async function copy(hex: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(hex);
    toastText(t('hash.copied'));
  } catch {
    toastText(core('invite.copy-failed'), 'warning');
  }
}
