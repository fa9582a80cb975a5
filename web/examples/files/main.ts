import { join, newRoomName } from '@parley/client';
import { FileShare, type Incoming } from '@parley/client/files';

const room = new URLSearchParams(location.search).get('room') ?? `${location.origin}/r/${newRoomName()}`;
const list = document.querySelector('#files')!;
const rows = new Map<string, HTMLLIElement>();

try {
  const call = await join(room);
  const share = new FileShare(call);

  document.querySelector('input')!.addEventListener('change', ({ currentTarget }) => {
    share.offer((currentTarget as HTMLInputElement).files ?? []);
  });

  share.on('change', ({ id }) => {
    const incoming = share.incoming.get(id);
    const outgoing = share.outgoing.get(id);
    const row = rows.get(id) ?? document.createElement('li');
    rows.set(id, row);
    list.append(row);
    if (incoming) row.replaceChildren(`${incoming.name}: ${incoming.state}, ${percent(incoming)} % `, action(incoming));
    else if (outgoing) row.textContent = `${outgoing.name}: ${[...outgoing.receivers.values()].map(({ state }) => state).join(', ') || 'offered'}`;
    else row.remove();
  });
} catch (error) {
  document.querySelector('#problem')!.textContent = error instanceof Error ? error.message : String(error);
}

function percent({ receivedBytes, bytes }: Incoming): number {
  return bytes === 0 ? 100 : Math.floor((receivedBytes / bytes) * 100);
}

function action(incoming: Incoming): HTMLElement | string {
  const button = document.createElement('button');
  if (incoming.state === 'offered') {
    button.textContent = 'Accept';
    button.onclick = () => void incoming.accept();
  } else if (incoming.state === 'done') {
    button.textContent = 'Save';
    button.onclick = () => void incoming.save();
  } else {
    return '';
  }
  return button;
}
