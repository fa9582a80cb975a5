/** The curves of the connection panel. A chunk of its own with uPlot, loaded when the panel opens. */
import uPlot from 'uplot';
import { formatNumber, t } from '../i18n/index.js';
import { loadStyle } from '../ui/style.js';
import type { Series } from './history.js';

const heightPx = 92;
const windowS = 120;

interface Plot { title: string; unit: string; curves: { label: string; color: string; values: keyof Series }[]; floor: number }

export interface Plots {
  /** Draws a peer's statistics below `place`; again with new ones, or in another theme. */
  show(place: HTMLElement, series: Series | null, theme: string): void;
  close(): void;
}

export async function openPlots(): Promise<Plots> {
  await loadStyle('call/plots.css');
  let shown: { place: HTMLElement; theme: string; plots: { chart: uPlot; plot: Plot }[]; observer: ResizeObserver } | null = null;
  const close = (): void => {
    shown?.observer.disconnect();
    for (const { chart } of shown?.plots ?? []) chart.destroy();
    shown?.place.replaceChildren();
    shown = null;
  };
  return {
    close,
    show(place, series, theme) {
      const look = `${theme} ${document.documentElement.lang}`;
      if (shown?.place !== place || shown.theme !== look) {
        close();
        const made = plotsOf().map((plot) => ({ plot, chart: draw(place, plot) }));
        const observer = new ResizeObserver(() => made.forEach(({ chart }) => chart.setSize({ width: place.clientWidth, height: heightPx })));
        observer.observe(place);
        shown = { place, theme: look, plots: made, observer };
      }
      for (const { chart, plot } of shown.plots) update(chart, plot, series);
    },
  };
}

function plotsOf(): Plot[] {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return [
    {
      title: t('plot.rate'), unit: t('plot.unit.kbps'), floor: 100,
      curves: [
        { label: t('plot.received'), color: color('--accent'), values: 'receivedKbps' },
        { label: t('plot.sent'), color: color('--apricot'), values: 'sentKbps' },
      ],
    },
    { title: t('stats.rtt'), unit: t('plot.unit.ms'), floor: 20, curves: [{ label: t('stats.rtt'), color: color('--accent'), values: 'rttMs' }] },
    { title: t('stats.jitter'), unit: t('plot.unit.ms'), floor: 10, curves: [{ label: t('stats.jitter'), color: color('--accent'), values: 'jitterMs' }] },
    { title: t('stats.loss'), unit: '%', floor: 2, curves: [{ label: t('stats.loss'), color: color('--poor'), values: 'lossPercent' }] },
  ];
}

function draw(place: HTMLElement, plot: Plot): uPlot {
  const style = getComputedStyle(document.body);
  const soft = style.getPropertyValue('--ink-soft').trim();
  const line = style.getPropertyValue('--line').trim();
  const figure = document.createElement('figure');
  figure.className = 'plot';
  const caption = document.createElement('figcaption');
  caption.append(title(plot), legend(plot));
  figure.append(caption);
  place.append(figure);
  const axis = { stroke: soft, font: `11px ${style.fontFamily}`, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const chart = new uPlot({
    width: place.clientWidth, height: heightPx, padding: [6, 16, 0, 0],
    cursor: { show: false }, legend: { show: false },
    scales: { x: { time: false }, y: { range: (_, _low, high) => [0, Math.max(plot.floor, (high ?? 0) * 1.15)] } },
    axes: [
      { ...axis, size: 22, gap: 6, space: 60, grid: { show: false }, values: (_, splits) => splits.map((s) => t('unit.s', { value: formatNumber(s).replace('-', '−') })) },
      { ...axis, size: 40, gap: 4, space: 28, values: (_, splits) => splits.map((s) => formatNumber(s)) },
    ],
    series: [{}, ...plot.curves.map(({ label, color }) => ({
      label, stroke: color, width: 1.75, fill: plot.curves.length === 1 ? `${color}20` : '', points: { show: false }, spanGaps: false,
    }))],
  }, [[], ...plot.curves.map(() => [])], figure);
  return chart;
}

function title(plot: Plot): HTMLElement {
  const element = document.createElement('span');
  element.textContent = `${plot.title}, ${plot.unit}`;
  return element;
}

function legend(plot: Plot): HTMLElement {
  const element = document.createElement('span');
  element.className = 'plot-legend';
  if (plot.curves.length < 2) return element;
  for (const { label, color } of plot.curves) {
    const item = document.createElement('span');
    item.textContent = label;
    item.style.setProperty('--curve', color);
    element.append(item);
  }
  return element;
}

function update(chart: uPlot, plot: Plot, series: Series | null): void {
  const now = series?.timeS.at(-1) ?? 0;
  const times = (series?.timeS ?? []).map((s) => s - now);
  // The newest is at the right edge, at zero; the window grows to two minutes and then moves.
  chart.batch(() => {
    chart.setData([times, ...plot.curves.map(({ values }) => [...(series?.[values] ?? [])])], false);
    chart.setScale('x', { min: Math.min(-30, Math.max(-windowS, times[0] ?? 0)), max: 0 });
  });
}
