import { LocalMedia, join, newRoomName } from '@parley/client';

const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const entry = /** @type {HTMLFormElement} */ (find('entry'));
const chat = /** @type {HTMLFormElement} */ (find('chat'));

const wanted = new URLSearchParams(location.search).get('room');
const room = /** @type {HTMLInputElement} */ (entry.elements.namedItem('room'));
room.value = wanted ?? `${location.origin}/r/${newRoomName()}`;

entry.addEventListener('submit', async (event) => {
  event.preventDefault();
  const media = new LocalMedia();
  say('');
  try {
    const call = await join(room.value, { name: String(new FormData(entry).get('name')), media });
    show(call, media);
    const problems = await media.startBoth();
    for (const { kind, code } of Object.values(problems)) say(`No ${kind}: ${code}`);
  } catch (error) {
    media.close();
    say(error instanceof Error ? error.message : String(error));
  }
});

/** @param {import('@parley/client').Call} call @param {LocalMedia} media */
function show(call, media) {
  const own = tile('You');
  own.video.srcObject = media.stream;
  own.video.muted = true;

  /** @type {Map<string, ReturnType<typeof tile>>} */
  const tiles = new Map();
  call.on('peer-joined', ({ peer }) => meet(peer));
  call.on('peer-changed', ({ peer }) => label(peer));
  call.on('peer-left', ({ peer }) => {
    tiles.get(peer.id)?.figure.remove();
    tiles.delete(peer.id);
  });
  for (const peer of call.peers.values()) meet(peer);

  /** @param {import('@parley/client').Peer} peer */
  function meet(peer) {
    const made = tile('');
    made.video.srcObject = peer.stream;
    tiles.set(peer.id, made);
    label(peer);
  }

  /** @param {import('@parley/client').Peer} peer */
  function label(peer) {
    const shown = tiles.get(peer.id);
    if (shown) shown.name.textContent = `${peer.name}${peer.media.microphone ? '' : ' (muted)'}`;
  }

  const lines = call.channel('lines');
  lines.on('message', ({ from, data }) => write(call.peers.get(from)?.name ?? 'Somebody', String(data)));
  chat.onsubmit = (event) => {
    event.preventDefault();
    const text = String(new FormData(chat).get('text'));
    lines.send(text);
    write('You', text);
    chat.reset();
  };

  find('mute').onclick = () => {
    media.setMuted(!media.muted);
    find('mute').setAttribute('aria-pressed', String(media.muted));
  };
  find('leave').onclick = () => call.leave();
  call.on('state', ({ state, reason }) => {
    if (state !== 'left') return;
    find('tiles').replaceChildren();
    find('messages').replaceChildren();
    inCall(false);
    if (reason !== 'left') say(`The call ended: ${reason}`);
  });
  inCall(true);
}

/** @param {string} label */
function tile(label) {
  const figure = document.createElement('figure');
  const video = document.createElement('video');
  const name = document.createElement('figcaption');
  video.autoplay = video.playsInline = true;
  name.textContent = label;
  figure.append(video, name);
  find('tiles').append(figure);
  return { figure, video, name };
}

/** @param {string} who @param {string} text */
function write(who, text) {
  const line = document.createElement('li');
  line.textContent = `${who}: ${text}`;
  find('messages').append(line);
}

/** @param {boolean} now */
function inCall(now) {
  entry.hidden = now;
  find('call').hidden = !now;
}

/** @param {string} text */
function say(text) {
  find('problem').textContent = text;
}
