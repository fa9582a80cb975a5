import { join, newRoomName } from '@parley/client';

type Stroke = [number, number, number, number];

const room = new URLSearchParams(location.search).get('room') ?? `${location.origin}/r/${newRoomName()}`;
const canvas = document.querySelector('canvas')!;
const context = canvas.getContext('2d')!;
context.lineWidth = 4;
context.lineCap = 'round';

try {
  const call = await join(room);
  // A stroke that comes too late is of no use: it is not sent again.
  const board = call.channel('board', { ordered: false, maxRetransmits: 0 });
  board.on('message', ({ data }) => draw(JSON.parse(String(data)) as Stroke, '#ef9a63'));

  canvas.addEventListener('pointermove', ({ buttons, offsetX, offsetY, movementX, movementY }) => {
    if (buttons === 0) return;
    const scale = canvas.width / canvas.clientWidth;
    const stroke = [offsetX - movementX, offsetY - movementY, offsetX, offsetY].map((n) => n * scale) as Stroke;
    draw(stroke, '#0b6b60');
    board.send(JSON.stringify(stroke));
  });

  const tell = (): void => {
    document.querySelector('#state')!.textContent = `${call.peers.size} others see what you draw`;
  };
  for (const event of ['peer-joined', 'peer-left'] as const) call.on(event, tell);
  tell();
} catch (error) {
  document.querySelector('#problem')!.textContent = error instanceof Error ? error.message : String(error);
}

function draw([fromX, fromY, toX, toY]: Stroke, colour: string): void {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}
