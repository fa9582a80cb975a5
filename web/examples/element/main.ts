import '@parley/client/element';
import { newRoomName } from '@parley/client';

const element = document.querySelector('parley-call')!;
const log = document.querySelector('#log')!;

element.setAttribute('room', new URLSearchParams(location.search).get('room') ?? newRoomName());

document.querySelector('#join')!.addEventListener('click', () => void element.join().catch(() => undefined));
document.querySelector('#leave')!.addEventListener('click', () => element.leave());

for (const type of ['parley-joined', 'parley-left', 'parley-error', 'parley-peer-joined', 'parley-peer-left']) {
  element.addEventListener(type, () => {
    const line = document.createElement('li');
    line.textContent = `${type}: ${element.call?.peers.size ?? 0} others`;
    log.append(line);
  });
}
