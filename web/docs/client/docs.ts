// What the pages of the documentation do beside being read: search, examples that run, copying, the place on the page.
import { openSearch } from './search.js';

const all = <E extends Element>(selector: string, root: ParentNode = document): E[] => [...root.querySelectorAll<E>(selector)];

showContents();
openSearch(document.querySelector<HTMLButtonElement>('.search-button')!, document.body.dataset['index'] ?? '');
for (const button of all<HTMLButtonElement>('.copy')) offerCopy(button);
for (const example of all<HTMLElement>('.example')) bringToLife(example);
followReading();

/** On a wide window the contents are always open; on a phone they open by a press. */
function showContents(): void {
  const details = document.querySelector<HTMLDetailsElement>('.side details')!;
  const wide = matchMedia('(min-width: 900px)');
  const apply = (): void => { details.open = wide.matches; };
  wide.addEventListener('change', apply);
  apply();
}

function offerCopy(button: HTMLButtonElement): void {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = button.parentElement?.querySelector('pre')?.textContent ?? '';
    const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    button.textContent = copied ? 'Copied' : 'Not allowed';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
}

function bringToLife(example: HTMLElement): void {
  example.querySelector<HTMLElement>('.example-bar')!.hidden = false;
  const tabs = all<HTMLButtonElement>('[role="tab"]', example);
  const panels = all<HTMLElement>('.file', example);
  const select = (index: number): void => {
    for (const [n, tab] of tabs.entries()) {
      tab.setAttribute('aria-selected', String(n === index));
      tab.tabIndex = n === index ? 0 : -1;
      panels[n]!.hidden = n !== index;
    }
  };
  for (const [n, tab] of tabs.entries()) {
    panels[n]!.setAttribute('role', 'tabpanel');
    panels[n]!.setAttribute('aria-labelledby', tab.id);
    tab.addEventListener('click', () => select(n));
    tab.addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      if (step === 0) return;
      const next = (n + step + tabs.length) % tabs.length;
      select(next);
      tabs[next]!.focus();
    });
  }
  select(0);
  makeRunnable(example);
}

/** The example in a frame, for one person and then for a second one in the same room. */
function makeRunnable(example: HTMLElement): void {
  const name = example.dataset['example'] ?? '';
  const run = example.querySelector<HTMLButtonElement>('.run')!;
  const stage = example.querySelector<HTMLElement>('.stage')!;
  const alone = name === 'devices';
  run.addEventListener('click', () => {
    if (!stage.hidden) {
      stage.replaceChildren();
      stage.hidden = true;
      run.textContent = 'Run';
      return;
    }
    const random = crypto.getRandomValues(new Uint32Array(2)).reduce((text, n) => text + n.toString(36), '');
    const room = `${location.origin}/r/docs-${random}`;
    const frames = document.createElement('div');
    frames.className = 'frames';
    frames.append(frame(name, room, 'Ann'));
    const second = document.createElement('button');
    second.type = 'button';
    second.textContent = 'Add a second person';
    second.addEventListener('click', () => {
      frames.append(frame(name, room, 'Boris'));
      second.remove();
    });
    const hint = document.createElement('p');
    hint.textContent = 'Both are this browser and have the same camera and microphone: mute one of them, or use headphones.';
    stage.replaceChildren(frames, ...(alone ? [] : [second, hint]));
    stage.hidden = false;
    run.textContent = 'Stop';
  });
}

function frame(name: string, room: string, person: string): HTMLIFrameElement {
  const made = document.createElement('iframe');
  made.title = `${person}’s page`;
  made.allow = 'camera; microphone; display-capture; autoplay';
  made.src = `/docs/run/${name}/?room=${encodeURIComponent(room)}`;
  return made;
}

/** Marks in the list at the side which part is being read. */
function followReading(): void {
  const links = new Map(all<HTMLAnchorElement>('.aside a').map((link) => [link.hash.slice(1), link]));
  const heads = all<HTMLElement>('article h2[id]').filter(({ id }) => links.has(id));
  if (heads.length === 0) return;
  const mark = (): void => {
    const passed = heads.filter((head) => head.getBoundingClientRect().top < 140).at(-1) ?? heads[0]!;
    for (const [id, link] of links) link.toggleAttribute('data-here', id === passed.id);
  };
  addEventListener('scroll', mark, { passive: true });
  mark();
}
