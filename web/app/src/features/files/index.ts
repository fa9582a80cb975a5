/** Files from person to person, as cards in the chat. */
import { html } from 'lit';
import { register } from '../../call/feature.js';
import { store, toastText } from '../../store.js';
import { takeSharedFiles } from '../../sw/register.js';
import { icon } from '../../ui/icons.js';
import { addCards } from '../chat/cards.js';
import { renderIncoming, renderOutgoing } from './cards.js';
import { filesOf } from './drop.js';
import { cardKey, files, offerFiles } from './files.js';
import { renderKept } from './kept.js';
import { t } from './texts.js';
import { renderTools, renderTray } from './tray.js';


const listeners: readonly [string, (event: never) => void][] = [
  ['dragover', onDragOver], ['dragleave', onDragLeave], ['drop', onDrop], ['paste', onPaste], ['beforeunload', onBeforeUnload],
];

addCards({
  subscribe: (listener) => files.subscribe(listener),
  cards: () => [
    ...files.batchesOf(files.incoming).map((batch) => ({ key: cardKey(batch.key), atMs: batch.atMs, mine: false, render: () => renderIncoming(batch) })),
    ...files.batchesOf(files.outgoing).map((batch) => ({ key: cardKey(batch.key), atMs: batch.atMs, mine: true, render: () => renderOutgoing(batch) })),
  ],
  tools: renderTools,
  tray: renderTray,
  send: (to) => files.offerStaged(to),
});

register({
  order: 11,
  watches: [files],
  begin: (call) => {
    const end = files.begin(call);
    for (const [type, listener] of listeners) addEventListener(type, listener as EventListener);
    void takeSharedFiles().then(offerFiles);
    return () => {
      for (const [type, listener] of listeners) removeEventListener(type, listener as EventListener);
      end();
    };
  },
  menu: () => [{
    name: 'files', icon: 'folder', label: t('kept'), act: () => {
      void files.measure();
      store.dispatch({ type: 'dialog', dialog: 'files' });
    },
  }],
  dialogs: () => [{ name: 'files', title: t('kept'), render: renderKept }],
  overlay: () => (files.dragging ? html`<div class="drop-overlay"><div>${icon('clip')}<p>${t('drop')}</p><p class="drop-text">${t('drop.text')}</p></div></div>` : null),
});

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}

function onDragOver(event: DragEvent): void {
  if (!hasFiles(event)) return;
  // Without this the browser would open the file in place of the call.
  event.preventDefault();
  files.dragging = true;
}

function onDragLeave(event: DragEvent): void {
  // Out of the window, not from one element to the next.
  if (event.relatedTarget === null) files.dragging = false;
}

function onDrop(event: DragEvent): void {
  files.dragging = false;
  if (!event.dataTransfer || !hasFiles(event)) return;
  event.preventDefault();
  void take(event.dataTransfer);
}

function onPaste(event: ClipboardEvent): void {
  // What was copied from a page may bring a picture of itself along; the text is what is wanted then.
  if (!event.clipboardData || event.clipboardData.files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
  event.preventDefault();
  offerFiles([...event.clipboardData.files]);
}

async function take(transfer: DataTransfer): Promise<void> {
  try {
    files.attach(await filesOf(transfer));
    store.dispatch({ type: 'panel', panel: 'chat' });
  } catch {
    toastText(t('unreadable.here'), 'warning');
  }
}

function onBeforeUnload(event: BeforeUnloadEvent): void {
  if (!files.busy) return;
  event.preventDefault();
  toastText(t('later'));
}
