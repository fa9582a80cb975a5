import { join, newRoomName } from '@parley/client';
import type { Bench } from '../kit/bench.js';
import { negotiate, openPair } from '../kit/pair.js';

/** Old news is worth nothing in a game: neither order nor repetition is wanted. */
const fast = { ordered: false, maxRetransmits: 0 };

interface Pong { n: number; x: number; y: number; vx: number; vy: number; left: number; right: number; goals: [number, number] }
type Send = (message: string) => void;

export function run(ui: Bench): void {
  const pong: Pong = { n: 0, x: 0.5, y: 0.5, vx: 0.45, vy: 0.3, left: 0.5, right: 0.5, goals: [0, 0] };
  const keys = new Set<string>();
  let mine: 'left' | 'right' | null = null;
  let send: Send | null = null;
  let n = 0;
  let newest = 0;
  let received = 0;
  let late = 0;

  ui.button('game.alone', async () => {
    if (send) return;
    const [a, b] = openPair(ui);
    const near = a.createDataChannel('pong', { ...fast, negotiated: true, id: 0 });
    const far = b.createDataChannel('pong', { ...fast, negotiated: true, id: 0 });
    await negotiate(a, b);
    near.onmessage = ({ data }) => hear(data);
    // The other side of the net: its paddle goes over the channel as well.
    far.onopen = () => {
      send = (message) => { if (near.readyState === 'open') near.send(message); };
      mine = 'left';
      ui.every(33, () => {
        theirs = move(theirs, 'ArrowUp', 'ArrowDown', 0.033);
        if (far.readyState === 'open') far.send(JSON.stringify({ n: ++farN, paddle: theirs }));
      });
      start();
    };
  });
  ui.button('game.friend', () => enter(newRoomName()));
  const link = ui.field('game.link');
  link.readOnly = true;
  const canvas = ui.canvas('game.board', 640, 360);
  canvas.tabIndex = 0;
  const score = ui.readout('score');
  const paddles = ui.readout('paddles');
  const rate = ui.readout('messages/s');
  const old = ui.readout('late');
  let theirs = 0.5;
  let farN = 0;

  const invited = new URLSearchParams(location.search).get('room');
  if (invited) void ui.attempt(() => enter(invited));

  /** A Parley room brings the two browsers together; what they say to each other goes past the server. */
  async function enter(room: string): Promise<void> {
    if (send) return;
    const call = await join(new URL(`/r/${room}`, location.href), { name: 'Pong' });
    ui.onClose(() => call.leave());
    const channel = call.channel('pong', fast);
    channel.on('message', ({ data }) => hear(data));
    send = (message) => channel.send(message);
    const sides = (): void => {
      // All sort the same list: the first plays left and keeps the ball, the second plays right.
      const place = [call.id, ...call.peers.keys()].sort().indexOf(call.id);
      mine = call.peers.size === 0 ? null : place === 0 ? 'left' : place === 1 ? 'right' : null;
      newest = 0;
    };
    call.on('peer-joined', sides);
    call.on('peer-left', sides);
    sides();
    link.value = new URL(`/learn/game?room=${room}`, location.href).href;
    start();
  }

  function hear(data: unknown): void {
    const message = parse(data);
    if (!message) return;
    received++;
    if (message.n <= newest) {
      late++;
      return;
    }
    newest = message.n;
    if (mine === 'left' && message.paddle !== undefined) pong.right = clamp(message.paddle);
    else if (mine !== 'left' && message.goals) Object.assign(pong, message, mine ? { right: pong.right } : {});
  }

  function start(): void {
    canvas.onkeydown = canvas.onkeyup = (event) => {
      if (!['w', 's', 'ArrowUp', 'ArrowDown'].includes(event.key)) return;
      event.preventDefault();
      if (event.type === 'keydown') keys.add(event.key);
      else keys.delete(event.key);
    };
    canvas.onblur = () => keys.clear();
    canvas.onpointermove = canvas.onpointerdown = ({ offsetX, offsetY }) => {
      const y = clamp(offsetY / canvas.clientHeight);
      if (!link.value && offsetX > canvas.clientWidth / 2) theirs = y;
      else if (mine) pong[mine] = y;
    };
    canvas.focus();
    ui.animate(frame);
    ui.every(33, tell);
    ui.every(1000, () => {
      rate(received);
      old(late);
      received = 0;
    });
  }

  function frame(seconds: number): void {
    if (mine) pong[mine] = move(pong[mine], 'w', 's', seconds);
    if (mine && link.value) pong[mine] = move(pong[mine], 'ArrowUp', 'ArrowDown', seconds);
    if (mine === 'left') advance(pong, seconds);
    score(pong.goals.join(' : '));
    paddles(`${Math.round(pong.left * 100)} · ${Math.round(pong.right * 100)}`);
    draw(canvas, pong);
  }

  function tell(): void {
    if (mine === 'left') send?.(JSON.stringify({ ...pong, n: ++n }));
    else if (mine === 'right') send?.(JSON.stringify({ n: ++n, paddle: pong.right }));
  }

  function move(y: number, up: string, down: string, seconds: number): number {
    return clamp(y + (Number(keys.has(down)) - Number(keys.has(up))) * seconds * 1.2);
  }
}

/** The ball flies on; it springs off the walls and the paddles, or a goal is made. */
function advance(pong: Pong, seconds: number): void {
  pong.x += pong.vx * seconds;
  pong.y += pong.vy * seconds;
  if (pong.y < 0.02 || pong.y > 0.98) pong.vy = Math.abs(pong.vy) * (pong.y < 0.5 ? 1 : -1);
  const side = pong.vx < 0 ? 'left' : 'right';
  if (side === 'left' ? pong.x > 0.04 : pong.x < 0.96) return;
  const off = pong.y - pong[side];
  if (Math.abs(off) < 0.13) {
    pong.vx = -pong.vx * 1.04;
    pong.vy += off * 2;
    pong.x = side === 'left' ? 0.041 : 0.959;
  } else if (pong.x < 0 || pong.x > 1) {
    pong.goals[side === 'left' ? 1 : 0]++;
    Object.assign(pong, { x: 0.5, y: 0.5, vx: side === 'left' ? 0.45 : -0.45, vy: Math.random() - 0.5 });
  }
}

function draw(canvas: HTMLCanvasElement, { x, y, left, right }: Pong): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const { width, height } = canvas;
  pen.fillStyle = '#101413';
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = '#2a3230';
  for (let line = 6; line < height; line += 24) pen.fillRect(width / 2 - 1, line, 2, 12);
  pen.fillStyle = '#4bcbb2';
  pen.fillRect(14, left * height - 42, 10, 84);
  pen.fillStyle = '#f2a671';
  pen.fillRect(width - 24, right * height - 42, 10, 84);
  pen.fillStyle = '#e9eeeb';
  pen.beginPath();
  pen.arc(x * width, y * height, 9, 0, 7);
  pen.fill();
}

/** What comes from elsewhere is looked at before it is used. */
function parse(data: unknown): ({ n: number; paddle?: number } & Partial<Pong>) | null {
  if (typeof data !== 'string' || data.length > 500) return null;
  try {
    const value = JSON.parse(data) as { n: number; paddle?: number } & Partial<Pong>;
    const { n, paddle, goals } = value;
    if (!Number.isFinite(n)) return null;
    if (paddle !== undefined) return Number.isFinite(paddle) ? { n, paddle } : null;
    const { x = NaN, y = NaN, vx = NaN, vy = NaN, left = NaN, right = NaN } = value;
    const fine = [x, y, vx, vy, left, right, ...(goals ?? [NaN])].every(Number.isFinite) && goals?.length === 2;
    return fine ? { n, x, y, vx, vy, left, right, goals } : null;
  } catch {
    return null;
  }
}

function clamp(value: number): number {
  return Math.min(0.9, Math.max(0.1, value));
}
