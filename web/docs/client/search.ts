// Search over the index that was made with the pages: all words must occur, titles count more than texts.

/** a: address, t: title, p: page, x: text. */
interface Entry { a: string; t: string; p: string; x: string }

const SHOWN_MAX = 12;

export function openSearch(button: HTMLButtonElement, index: string): void {
  let entries: Promise<Entry[]> | null = null;
  const load = (): Promise<Entry[]> => (entries ??= fetch(index).then((response) => response.json() as Promise<Entry[]>));
  const dialog = build();
  const { input, list, status } = dialog;
  let chosen = 0;

  const open = (): void => {
    if (dialog.root.open) return;
    void load();
    dialog.root.showModal();
    input.select();
  };
  const choose = (n: number): void => {
    const links = [...list.querySelectorAll('a')];
    chosen = links.length === 0 ? 0 : (n + links.length) % links.length;
    for (const [at, link] of links.entries()) link.toggleAttribute('data-chosen', at === chosen);
    const link = links[chosen];
    link?.scrollIntoView({ block: 'nearest' });
    if (link) input.setAttribute('aria-activedescendant', link.id);
    else input.removeAttribute('aria-activedescendant');
  };
  const show = async (): Promise<void> => {
    const wanted = input.value;
    const found = search(await load().catch(() => []), wanted);
    if (wanted !== input.value) return;
    list.replaceChildren(...found.map(row));
    status.textContent = wanted.trim() === '' ? '' : found.length === 0 ? 'Nothing was found.' : `${found.length} found`;
    choose(0);
  };

  button.hidden = false;
  button.addEventListener('click', open);
  input.addEventListener('input', () => void show());
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(chosen + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      list.querySelector<HTMLAnchorElement>('[data-chosen]')?.click();
    }
  });
  list.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('a')) dialog.root.close();
  });
  addEventListener('keydown', (event) => {
    const typing = event.target instanceof Element && event.target.matches('input, textarea, select');
    const slash = event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!slash && !(event.key === 'k' && (event.ctrlKey || event.metaKey))) return;
    event.preventDefault();
    open();
  });
}

function build(): { root: HTMLDialogElement; input: HTMLInputElement; list: HTMLElement; status: HTMLElement } {
  const root = document.createElement('dialog');
  root.className = 'search';
  root.setAttribute('aria-label', 'Search');
  const input = document.createElement('input');
  const attributes = {
    type: 'text', placeholder: 'Search guides and reference', 'aria-label': 'Search guides and reference', autocomplete: 'off', spellcheck: 'false',
    role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'search-results', 'aria-autocomplete': 'list',
  };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  const list = document.createElement('div');
  list.id = 'search-results';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Results');
  const status = document.createElement('p');
  status.setAttribute('role', 'status');
  root.append(input, status, list);
  root.addEventListener('click', (event) => {
    if (event.target === root) root.close();
  });
  document.body.append(root);
  return { root, input, list, status };
}

function search(entries: readonly Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return [];
  const scored = entries.map((entry): [number, Entry] => [words.reduce((sum, word) => sum * score(entry, word), 1), entry]);
  return scored.filter(([points]) => points > 0).sort(([a], [b]) => b - a).slice(0, SHOWN_MAX).map(([, entry]) => entry);
}

function score({ t, p, x }: Entry, word: string): number {
  const title = t.toLowerCase();
  if (title === word) return 100;
  if (title.startsWith(word) || title.endsWith(`.${word}`)) return 40;
  if (title.includes(word)) return 20;
  if (x.toLowerCase().includes(word)) return 3;
  return p.toLowerCase().includes(word) ? 1 : 0;
}

function row(entry: Entry, n: number): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = entry.a;
  link.id = `search-result-${n}`;
  link.setAttribute('role', 'option');
  link.tabIndex = -1;
  const parts: [string, string][] = [['title', entry.t], ['page', entry.t === entry.p ? '' : entry.p], ['text', entry.x]];
  link.append(...parts.filter(([, text]) => text !== '').map(([name, text]) => Object.assign(document.createElement('span'), { className: name, textContent: text })));
  return link;
}
