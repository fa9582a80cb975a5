import { LocalMedia, join, newRoomName } from '@parley/client';

const room = new URLSearchParams(location.search).get('room') ?? `${location.origin}/r/${newRoomName()}`;
const body = document.querySelector('tbody')!;
const problem = document.querySelector('#problem')!;
const media = new LocalMedia();

try {
  const call = await join(room, { name: 'Ann', media });
  document.querySelector('#state')!.textContent = 'Numbers come once a second when somebody else is here.';

  call.on('stats', () => {
    const rows = [...call.peers.values()].map(({ name, quality, path, stats }) => {
      const row = document.createElement('tr');
      const cells = [name || 'Guest', path.kind, quality, `${stats?.rttMs?.toFixed(0) ?? '–'} ms`, kbps(stats?.receivedBps), kbps(stats?.sentBps)];
      row.append(...cells.map((text) => Object.assign(document.createElement('td'), { textContent: text })));
      return row;
    });
    body.replaceChildren(...rows);
  });

  await media.start('camera');
} catch (error) {
  problem.textContent = error instanceof Error ? error.message : String(error);
}

function kbps(bps = 0): string {
  return `${(bps / 1000).toFixed(0)} kbit/s`;
}
