import { join, newRoomName, type Channel } from '@parley/client';
import type { Bench } from '../kit/bench.js';

interface Signal { description?: RTCSessionDescriptionInit; candidate?: RTCIceCandidateInit; bye?: true }

export function run(ui: Bench): void {
  let pc: RTCPeerConnection | null = null;
  let signal: Channel | null = null;
  let servers: readonly RTCIceServer[] = [];
  let shared: MediaStream | null = null;
  let pointer: RTCDataChannel | null = null;

  ui.button('pointer.share', async () => {
    if (shared) return;
    shared = what.value === 'canvas' ? board.captureStream(15)
      : await navigator.mediaDevices.getDisplayMedia({ video: { displaySurface: 'browser' }, preferCurrentTab: true } as DisplayMediaStreamOptions);
    shared.getVideoTracks()[0]?.addEventListener('ended', stop);
    if (!signal) await enter(newRoomName());
    link.value = new URL(`/learn/pointer?room=${room}`, location.href).href;
    await offer();
  });
  const what = ui.select('pointer.what', ['canvas', 'tab']);
  const allowed = ui.checkbox('pointer.allow');
  ui.button('stop', stop);
  const link = ui.field('game.link');
  link.readOnly = true;
  const board = ui.canvas('pointer.board', 640, 360);
  const video = ui.video('pointer.theirs');
  const state = ui.readout('connectionState');
  const pointed = ui.readout('pointer');
  const clicks = ui.readout('clicks');
  let clicked = 0;
  let room = '';
  let heard = Promise.resolve();
  let at = { x: -1, y: -1 };
  const dots: { x: number; y: number; own: boolean }[] = [];
  const hand = document.createElement('div');
  hand.className = 'bench-hand';
  hand.hidden = true;
  ui.place.append(hand);
  ui.onClose(stop);

  const invited = new URLSearchParams(location.search).get('room');
  if (invited) void ui.attempt(() => enter(invited));

  /** The room carries offers, answers and candidates; the connection is our own. */
  async function enter(name: string): Promise<void> {
    const call = await join(new URL(`/r/${name}`, location.href), { name: 'Pointer' });
    ui.onClose(() => call.leave());
    room = name;
    servers = call.iceServers;
    signal = call.channel('pointer-signal');
    // One after the other: a candidate must not overtake the offer that it belongs to.
    signal.on('message', ({ data }) => { heard = heard.then(() => ui.attempt(() => hear(data))); });
    call.on('peer-joined', () => void ui.attempt(offer));
    call.on('peer-left', () => hangUp());
  }

  function open(): RTCPeerConnection {
    hangUp();
    const opened = pc = new RTCPeerConnection({ iceServers: [...servers] });
    opened.onicecandidate = ({ candidate }) => { if (candidate && pc === opened) say({ candidate: candidate.toJSON() }); };
    opened.onconnectionstatechange = () => state(opened.connectionState);
    opened.ontrack = ({ streams: [stream] }) => { video.srcObject = stream ?? null; };
    // Where the pointer was a moment ago does not matter; a click does, but comes once and is seen.
    pointer = opened.createDataChannel('pointer', { negotiated: true, id: 0, ordered: true });
    pointer.onmessage = ({ data }) => beMoved(data);
    return opened;
  }

  async function offer(): Promise<void> {
    if (!shared) return;
    const opened = open();
    for (const track of shared.getTracks()) opened.addTrack(track, shared);
    await opened.setLocalDescription();
    if (opened.localDescription) say({ description: opened.localDescription.toJSON() });
  }

  async function hear(data: string | ArrayBuffer): Promise<void> {
    const { description, candidate, bye } = JSON.parse(String(data)) as Signal;
    if (bye) return hangUp();
    if (description?.type === 'offer' && !shared) {
      const opened = open();
      await opened.setRemoteDescription(description);
      await opened.setLocalDescription();
      if (opened.localDescription) say({ description: opened.localDescription.toJSON() });
    } else if (description?.type === 'answer') await pc?.setRemoteDescription(description);
    else if (candidate && pc?.remoteDescription) await pc.addIceCandidate(candidate);
  }

  function say(message: Signal): void {
    signal?.send(JSON.stringify(message));
  }

  // The one who looks: the place in the picture, from 0 to 1.
  video.onpointermove = video.onclick = (event) => {
    if (pointer?.readyState !== 'open' || shared) return;
    const x = event.offsetX / video.clientWidth;
    const y = event.offsetY / video.clientHeight;
    pointer.send(JSON.stringify({ x, y, click: event.type === 'click' }));
  };

  // The one who shares: the pointer is shown always, a click counts only if it was allowed.
  function beMoved(data: unknown): void {
    const move = parse(data);
    if (!move || !shared) return;
    at = move;
    pointed(`${move.x.toFixed(2)}, ${move.y.toFixed(2)}`);
    const left = move.x * innerWidth;
    const top = move.y * innerHeight;
    hand.hidden = what.value === 'canvas';
    hand.style.setProperty('translate', `${left}px ${top}px`);
    if (!move.click || !allowed.checked) return;
    clicks(++clicked);
    if (what.value === 'canvas') press(move.x, move.y, false);
    // From afar nothing but the board can be clicked: least of all the box that allows it.
    else if (document.elementFromPoint(left, top) === board) {
      const box = board.getBoundingClientRect();
      press((left - box.left) / box.width, (top - box.top) / box.height, false);
    }
  }

  board.onclick = ({ offsetX, offsetY }) => press(offsetX / board.clientWidth, offsetY / board.clientHeight, true);

  function press(x: number, y: number, own: boolean): void {
    dots.push({ x, y, own });
    if (dots.length > 100) dots.shift();
  }

  ui.every(66, () => {
    const pen = board.getContext('2d');
    if (!pen) return;
    pen.fillStyle = '#fbfaf6';
    pen.fillRect(0, 0, board.width, board.height);
    for (const { x, y, own } of dots) {
      pen.fillStyle = own ? '#0b6b60' : '#c0352b';
      pen.beginPath();
      pen.arc(x * board.width, y * board.height, 12, 0, 7);
      pen.fill();
    }
    if (at.x < 0) return;
    pen.strokeStyle = '#191d1b';
    pen.lineWidth = 3;
    pen.strokeRect(at.x * board.width - 8, at.y * board.height - 8, 16, 16);
  });

  function hangUp(): void {
    pc?.close();
    pc = pointer = null;
    video.srcObject = null;
    hand.hidden = true;
    at = { x: -1, y: -1 };
    state('closed');
  }

  function stop(): void {
    if (shared) say({ bye: true });
    for (const track of shared?.getTracks() ?? []) track.stop();
    shared = null;
    hangUp();
  }
}

function parse(data: unknown): { x: number; y: number; click: boolean } | null {
  if (typeof data !== 'string' || data.length > 200) return null;
  try {
    const { x, y, click } = JSON.parse(data) as { x: number; y: number; click: boolean };
    return [x, y].every((value) => value >= 0 && value <= 1) ? { x, y, click: click === true } : null;
  } catch {
    return null;
  }
}
