import { join, newRoomName } from '@parley/client';
import type { Bench } from '../kit/bench.js';
import { openMedia } from '../kit/media.js';
import { negotiate, openPair } from '../kit/pair.js';

const fast = { ordered: false, maxRetransmits: 0 };
const columns = 64;
const rows = 48;

interface Drop { x: number; y: number }
interface Player { n: number; x: number; score: number }

export function run(ui: Bench): void {
  const me: Player = { n: 0, x: 0.5, score: 0 };
  const other: Player = { n: 0, x: -1, score: 0 };
  const drops: Drop[] = [];
  let send: ((message: string) => void) | null = null;
  let missed = 0;

  ui.button('game.alone', async () => {
    if (send) return;
    // Alone, the pale basket is your own: it took the way through the channel.
    const [a, b] = openPair(ui);
    const out = a.createDataChannel('face', { ...fast, negotiated: true, id: 0 });
    const into = b.createDataChannel('face', { ...fast, negotiated: true, id: 0 });
    into.onmessage = ({ data }) => hear(data);
    send = (message) => { if (out.readyState === 'open') out.send(message); };
    await negotiate(a, b);
    await start();
  });
  ui.button('game.friend', () => enter(newRoomName()));
  const link = ui.field('game.link');
  link.readOnly = true;
  const video = ui.video('local');
  const canvas = ui.canvas('face.board', 640, 360);
  canvas.tabIndex = 0;
  const score = ui.readout('score');
  const position = ui.readout('x');
  const motion = ui.readout('motion');
  const theirs = ui.readout('received x');
  ui.note('FaceDetector' in window ? 'face.has' : 'face.has-not');

  const invited = new URLSearchParams(location.search).get('room');
  if (invited) void ui.attempt(() => enter(invited));

  async function enter(room: string): Promise<void> {
    if (send) return;
    const call = await join(new URL(`/r/${room}`, location.href), { name: 'Face' });
    ui.onClose(() => call.leave());
    const channel = call.channel('face', fast);
    channel.on('message', ({ data }) => hear(data));
    call.on('peer-left', () => Object.assign(other, { n: 0, x: -1 }));
    send = (message) => channel.send(message);
    link.value = new URL(`/learn/face?room=${room}`, location.href).href;
    await start();
  }

  async function start(): Promise<void> {
    video.srcObject = await openMedia(ui, { video: { width: { ideal: 320 }, facingMode: 'user' } });
    canvas.onpointermove = ({ offsetX }) => { me.x = offsetX / canvas.clientWidth; };
    canvas.onkeydown = ({ key }) => {
      if (key === 'ArrowLeft') me.x = Math.max(0, me.x - 0.05);
      if (key === 'ArrowRight') me.x = Math.min(1, me.x + 0.05);
    };
    const seen = watchMotion(video);
    ui.every(50, () => {
      const found = seen();
      motion(found.amount);
      if (found.x !== null) me.x += (found.x - me.x) * 0.25;
      send?.(JSON.stringify({ ...me, n: ++me.n }));
    });
    ui.animate(frame);
  }

  function hear(data: unknown): void {
    const player = parse(data);
    // What was overtaken on the way is old: a channel without order leaves that to us.
    if (!player || player.n <= other.n) return;
    Object.assign(other, player);
    theirs(other.x.toFixed(2));
  }

  function frame(seconds: number): void {
    if (drops.length < 5 && Math.random() < seconds) drops.push({ x: 0.05 + Math.random() * 0.9, y: 0 });
    for (const drop of [...drops]) {
      drop.y += seconds * 0.3;
      if (drop.y < 0.92) continue;
      drops.splice(drops.indexOf(drop), 1);
      if (Math.abs(drop.x - me.x) < 0.09) me.score++;
      else missed++;
    }
    position(me.x.toFixed(2));
    score(`${me.score} / ${me.score + missed}`);
    draw(canvas, me, other, drops);
  }
}

/**
 * Finds where something moves: the middle of all points that changed since the last picture. That is a
 * head if nothing else moves; it knows nothing of faces.
 */
function watchMotion(video: HTMLVideoElement): () => { x: number | null; amount: number } {
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  let before = new Uint8Array(columns * rows);
  return () => {
    if (!pen || video.videoWidth === 0) return { x: null, amount: 0 };
    pen.drawImage(video, 0, 0, columns, rows);
    const { data } = pen.getImageData(0, 0, columns, rows);
    const now = new Uint8Array(columns * rows);
    let amount = 0;
    let sum = 0;
    for (let n = 0; n < now.length; n++) {
      now[n] = data[n * 4 + 1] ?? 0; // green is most of what the eye calls bright
      if (Math.abs((now[n] ?? 0) - (before[n] ?? 0)) < 24) continue;
      amount++;
      sum += n % columns;
    }
    before = now;
    // Mirrored: whoever moves to the right sees the basket move to the right.
    return { x: amount < 12 ? null : 1 - sum / amount / columns, amount };
  };
}

function draw(canvas: HTMLCanvasElement, me: Player, other: Player, drops: readonly Drop[]): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const { width, height } = canvas;
  pen.fillStyle = '#101413';
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = '#8fd3ff';
  for (const { x, y } of drops) {
    pen.beginPath();
    pen.arc(x * width, y * height, 8, 0, 7);
    pen.fill();
  }
  for (const [x, color] of [[other.x, '#f2a67188'], [me.x, '#4bcbb2']] as const) {
    pen.fillStyle = color;
    pen.beginPath();
    pen.arc(x * width, height * 0.9, width * 0.08, 0, Math.PI);
    pen.fill();
  }
}

function parse(data: unknown): Player | null {
  if (typeof data !== 'string' || data.length > 200) return null;
  try {
    const { n, x, score } = JSON.parse(data) as Player;
    return [n, x, score].every(Number.isFinite) ? { n, x, score } : null;
  } catch {
    return null;
  }
}
