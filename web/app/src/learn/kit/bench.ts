// What lessons draw with, so that a lesson's own code is about WebRTC and nothing else. Parts of a
// kind that follow each other stand together: buttons in a row, pictures side by side.
import { translate, type Key } from '../texts.js';
import { openPlot } from './plot.js';
import { showSDP } from './sdp-view.js';

const logLinesMax = 200;

export interface Range { min: number; max: number; step: number; value: number }
export interface Table { add(...cells: (string | number)[]): void; clear(): void }
type Params = Readonly<Record<string, string | number>>;

export class Bench {
  readonly place = make('div', 'bench');
  closed = false;
  readonly #problem = make('p', 'bench-problem');
  readonly #labels: (() => void)[] = [];
  readonly #cleanups: (() => void)[] = [];
  #ids = 0;

  constructor() {
    this.#problem.setAttribute('role', 'alert');
    this.#problem.hidden = true;
    this.place.append(this.#problem);
  }

  /** Does this when the lesson is left. */
  onClose(cleanup: () => void): void {
    if (this.closed) cleanup();
    else this.#cleanups.push(cleanup);
  }

  close(): void {
    this.closed = true;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }

  /** Says everything again, in the language that is chosen now. */
  relabel(): void {
    for (const label of this.#labels) label();
  }

  every(ms: number, action: () => void | Promise<void>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      void this.attempt(action).finally(() => { busy = false; });
    }, ms);
    this.onClose(() => clearInterval(timer));
  }

  /** Draws for as long as the lesson is open; `seconds` since the last time. */
  animate(draw: (seconds: number) => void): void {
    let last = performance.now();
    let frame = requestAnimationFrame(function next(now: number) {
      frame = requestAnimationFrame(next);
      draw(Math.min(0.1, (now - last) / 1000));
      last = now;
    });
    this.onClose(() => cancelAnimationFrame(frame));
  }

  /** What goes wrong is shown, under the name that the browser gives it. */
  async attempt(action: () => void | Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (this.closed) return;
    this.#problem.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#problem.hidden = false;
  }

  /** Says so where this browser lacks an interface. */
  has(present: unknown, name: string): boolean {
    if (!present) this.note('lacks', { name });
    return Boolean(present);
  }

  note(key: Key, params: Params = {}): void {
    const note = make('p', 'bench-note');
    note.dataset.note = key;
    this.place.append(this.#label(note, key, params));
  }

  button(key: Key, action: () => void | Promise<void>): HTMLButtonElement {
    const button = make('button', 'button');
    button.type = 'button';
    button.dataset.do = key;
    button.onclick = async () => {
      if (button.ariaBusy === 'true') return;
      button.ariaBusy = 'true';
      this.#problem.hidden = true;
      await this.attempt(action);
      button.ariaBusy = 'false';
    };
    if (!this.place.querySelector('.button')) button.classList.add('primary');
    this.#controls().append(this.#label(button, key));
    return button;
  }

  /** A number to choose, under the name that it has in the API. */
  slider(name: string, range: Range, change: (value: number) => void | Promise<void>): HTMLInputElement {
    const label = make('label', 'bench-slider');
    const input = make('input');
    const output = make('output');
    const title = make('code');
    title.textContent = name;
    input.type = 'range';
    input.name = name;
    input.min = String(range.min);
    input.max = String(range.max);
    input.step = String(range.step);
    input.value = String(range.value);
    output.textContent = input.value;
    input.oninput = () => {
      output.textContent = input.value;
      void this.attempt(() => change(Number(input.value)));
    };
    label.append(title, output, input);
    this.#group('div', 'bench-sliders').append(label);
    return input;
  }

  select(key: Key, values: readonly string[], change: (value: string) => void | Promise<void> = () => undefined): HTMLSelectElement {
    const select = make('select');
    select.name = key;
    select.append(...values.map((value) => new Option(value || '–', value)));
    select.onchange = () => void this.attempt(() => change(select.value));
    const frame = make('span', 'bench-select');
    frame.append(select);
    this.#field(key, frame, select);
    return select;
  }

  checkbox(key: Key, change: (on: boolean) => void | Promise<void> = () => undefined): HTMLInputElement {
    const label = make('label', 'bench-check');
    const input = make('input');
    input.type = 'checkbox';
    input.name = key;
    input.onchange = () => void this.attempt(() => change(input.checked));
    label.append(input, this.#label(make('span'), key));
    this.#controls().append(label);
    return input;
  }

  field(key: Key, placeholder = ''): HTMLInputElement {
    const input = make('input', 'field');
    input.name = key;
    input.autocomplete = 'off';
    input.spellcheck = false;
    input.placeholder = placeholder;
    this.#field(key, input, input);
    return input;
  }

  area(key: Key, readOnly = false): HTMLTextAreaElement {
    const area = make('textarea', 'field bench-area');
    area.name = key;
    area.rows = 5;
    area.spellcheck = false;
    area.readOnly = readOnly;
    const label = make('label', 'bench-wide');
    label.append(this.#label(make('span', 'field-label'), key), area);
    this.place.append(label);
    return area;
  }

  video(key: Key): HTMLVideoElement {
    const video = make('video');
    video.autoplay = video.muted = video.playsInline = true;
    this.#picture(key, video);
    this.onClose(() => { video.srcObject = null; });
    return video;
  }

  canvas(key: Key, width: number, height: number): HTMLCanvasElement {
    const canvas = make('canvas');
    canvas.width = width;
    canvas.height = height;
    canvas.setAttribute('role', 'img');
    this.#picture(key, canvas);
    return canvas;
  }

  /** A value under its name in the API; the function returned shows it. */
  readout(name: string): (value: string | number) => void {
    const term = make('dt');
    const value = make('dd');
    term.textContent = name;
    value.textContent = '–';
    value.dataset.readout = name;
    const pair = make('div');
    pair.append(term, value);
    this.#group('dl', 'bench-figures').append(pair);
    return (text) => { value.textContent = String(text); };
  }

  /** A longer text as the program has it, like a dictionary in JSON. */
  code(name: string): (text: string) => void {
    const figure = make('figure', 'bench-code');
    const caption = make('figcaption');
    const pre = make('pre');
    caption.textContent = name;
    pre.tabIndex = 0;
    pre.dataset.code = name;
    pre.setAttribute('role', 'group');
    pre.setAttribute('aria-label', name);
    pre.textContent = '–';
    figure.append(caption, pre);
    this.#group('div', 'bench-codes').append(figure);
    return (text) => { pre.textContent = text; };
  }

  table(key: Key, ...names: string[]): Table {
    const frame = make('div', 'bench-table');
    frame.tabIndex = 0;
    frame.setAttribute('role', 'group');
    this.#labels.push(() => frame.setAttribute('aria-label', translate(key, {})));
    const table = make('table');
    const body = table.createTBody();
    const head = table.createTHead().insertRow();
    for (const name of names) {
      const cell = make('th');
      cell.scope = 'col';
      cell.textContent = name;
      head.append(cell);
    }
    frame.append(table);
    this.place.append(frame);
    return {
      add: (...cells) => {
        const row = body.insertRow();
        for (const cell of cells) row.insertCell().textContent = String(cell);
      },
      clear: () => body.replaceChildren(),
    };
  }

  /** Lines of what happens, newest last. */
  log(key: Key): (line: string) => void {
    const list = make('div', 'bench-log');
    list.setAttribute('role', 'log');
    list.tabIndex = 0;
    this.#labels.push(() => list.setAttribute('aria-label', translate(key, {})));
    this.place.append(list);
    return (line) => {
      const item = make('p');
      item.textContent = line;
      list.append(item);
      if (list.children.length > logLinesMax) list.firstElementChild?.remove();
      list.scrollTop = list.scrollHeight;
    };
  }

  /** A curve; the function returned adds a value to it. */
  plot(name: string, unit: string): (value: number) => void {
    const figure = make('figure', 'bench-plot');
    this.#group('div', 'bench-plots').append(figure);
    return openPlot(figure, name, unit);
  }

  /** All states that something can be in; the function returned shows which it is in. */
  states(name: string, ...states: string[]): (state: string) => void {
    const row = make('div', 'bench-states');
    const title = make('code');
    const list = make('ol');
    title.textContent = name;
    row.dataset.states = name;
    for (const state of states) {
      const item = make('li');
      item.textContent = state;
      list.append(item);
    }
    row.append(title, list);
    this.place.append(row);
    return (now) => {
      for (const item of list.children) {
        if (item.textContent !== now) item.removeAttribute('aria-current');
        else {
          item.setAttribute('aria-current', 'true');
          item.classList.add('seen');
        }
      }
    };
  }

  /** A session description, line by line with what each means. */
  sdp(key: Key, open = false): (sdp: string) => void {
    const details = make('details', 'bench-sdp');
    const list = make('ol');
    details.open = open;
    details.hidden = true;
    details.dataset.sdp = key;
    list.tabIndex = 0;
    details.append(this.#label(make('summary'), key), list);
    this.place.append(details);
    let shown = '';
    const show = (): void => showSDP(list, shown);
    this.#labels.push(show);
    return (sdp) => {
      shown = sdp;
      details.hidden = sdp === '';
      show();
    };
  }

  link(key: Key, url: string, fileName?: string): HTMLAnchorElement {
    const link = make('a', 'button');
    link.href = url;
    link.dataset.link = key;
    if (fileName !== undefined) link.download = fileName;
    else link.target = '_blank';
    this.#controls().append(this.#label(link, key));
    return link;
  }

  #picture(key: Key, element: HTMLElement): void {
    const figure = make('figure');
    element.id = `bench-${this.#ids++}`;
    element.dataset.picture = key;
    this.#labels.push(() => element.setAttribute('aria-label', translate(key, {})));
    figure.append(element, this.#label(make('figcaption'), key));
    this.#group('div', 'bench-pictures').append(figure);
  }

  #field(key: Key, element: HTMLElement, control: HTMLElement): void {
    const label = make('label', 'bench-field');
    control.id = `bench-${this.#ids++}`;
    label.append(this.#label(make('span', 'field-label'), key), element);
    this.#controls().append(label);
  }

  #controls(): HTMLElement {
    return this.#group('div', 'bench-controls');
  }

  #group(tag: 'div' | 'dl', name: string): HTMLElement {
    const last = this.place.lastElementChild;
    if (last instanceof HTMLElement && last.className === name) return last;
    const group = make(tag, name);
    this.place.append(group);
    return group;
  }

  #label<E extends HTMLElement>(element: E, key: Key, params: Params = {}): E {
    const say = (): void => { element.textContent = translate(key, params); };
    say();
    this.#labels.push(say);
    return element;
  }
}

function make<T extends keyof HTMLElementTagNameMap>(tag: T, name = ''): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  if (name) element.className = name;
  return element;
}
