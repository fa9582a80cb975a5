/** The curves of the connection panel. A chunk of its own with uPlot, loaded when the panel opens. */
import uPlot from 'uplot';
import { formatNumber, t } from '../i18n/index.js';
import { loadStyle } from '../ui/style.js';

const heightPx = 92;
const windowS = 120;

/** Lists of the same length: `timeS`, and others by name. */
export type Course = Readonly<Record<string, readonly (number | null)[]>>;

export interface Plot { title: string; unit: string; curves: { label: string; color: string; values: string }[]; floor: number }

export type Describe = (color: (variable: string) => string) => Plot[];

export interface Plots {
  /** Draws a peer's statistics below `place`; again with new ones, or in another theme. */
  show(place: HTMLElement, course: Course | null, theme: string): void;
  close(): void;
}

/** `whole`: from the beginning on, not only the last two minutes. */
export async function openPlots({ describe = peerPlots, whole = false } = {}): Promise<Plots> {
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
    show(place, course, theme) {
      const look = `${theme} ${document.documentElement.lang}`;
      if (shown?.place !== place || shown.theme !== look) {
        close();
        const style = getComputedStyle(document.documentElement);
        const made = describe((name) => style.getPropertyValue(name).trim()).map((plot) => ({ plot, chart: draw(place, plot) }));
        const observer = new ResizeObserver(() => made.forEach(({ chart }) => chart.setSize({ width: chart.root.parentElement?.clientWidth ?? 0, height: heightPx })));
        observer.observe(place);
        shown = { place, theme: look, plots: made, observer };
      }
      for (const { chart, plot } of shown.plots) update(chart, plot, course, whole);
    },
  };
}

export const peerPlots: Describe = (color) => {
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
};

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
    width: figure.clientWidth, height: heightPx, padding: [6, 16, 0, 0],
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

function update(chart: uPlot, plot: Plot, course: Course | null, whole: boolean): void {
  const times = (course?.timeS ?? []).filter((s) => s !== null);
  // The newest is at the right edge, at zero; the window grows to two minutes and then moves.
  const origin = (whole ? times[0] : times.at(-1)) ?? 0;
  const shown = times.map((s) => s - origin);
  chart.batch(() => {
    chart.setData([shown, ...plot.curves.map(({ values }) => [...(course?.[values] ?? [])])], false);
    chart.setScale('x', whole ? { min: 0, max: Math.max(10, shown.at(-1) ?? 0) } : { min: Math.min(-30, Math.max(-windowS, shown[0] ?? 0)), max: 0 });
  });
}
