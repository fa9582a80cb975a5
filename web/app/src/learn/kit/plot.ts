/** A small curve of the last two minutes, drawn by hand. */
import { formatNumber } from '../../i18n/index.js';

const valuesMax = 120;
const heightPx = 96;

export function openPlot(figure: HTMLElement, name: string, unit: string): (value: number) => void {
  const caption = document.createElement('figcaption');
  const now = document.createElement('strong');
  const canvas = document.createElement('canvas');
  const values: number[] = [];
  now.dataset.plot = name;
  now.textContent = '–';
  caption.append(`${name} `, now);
  canvas.setAttribute('aria-hidden', 'true');
  figure.append(caption, canvas);
  return (value) => {
    values.push(value);
    if (values.length > valuesMax) values.shift();
    now.textContent = `${formatNumber(value, value < 10 ? 1 : 0)} ${unit}`;
    draw(canvas, values);
  };
}

function draw(canvas: HTMLCanvasElement, values: readonly number[]): void {
  const style = getComputedStyle(canvas);
  const ratio = devicePixelRatio;
  const width = canvas.clientWidth;
  canvas.width = width * ratio;
  canvas.height = heightPx * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const top = Math.max(...values, 1e-9) * 1.15;
  const x = (n: number): number => width - (values.length - 1 - n) * (width / (valuesMax - 1));
  const y = (value: number): number => heightPx - 2 - (value / top) * (heightPx - 6);
  context.strokeStyle = style.getPropertyValue('--line');
  for (const part of [0, 0.5, 1]) {
    context.beginPath();
    context.moveTo(0, y(part * top / 1.15));
    context.lineTo(width, y(part * top / 1.15));
    context.stroke();
  }
  context.beginPath();
  values.forEach((value, n) => (n === 0 ? context.moveTo(x(n), y(value)) : context.lineTo(x(n), y(value))));
  context.strokeStyle = style.getPropertyValue('--accent');
  context.lineWidth = 2;
  context.lineJoin = 'round';
  context.stroke();
  context.lineTo(x(values.length - 1), heightPx);
  context.lineTo(x(0), heightPx);
  context.globalAlpha = 0.12;
  context.fillStyle = style.getPropertyValue('--accent');
  context.fill();
}
