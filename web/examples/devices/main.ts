import { LocalMedia } from '@parley/client';

const media = new LocalMedia();
const form = document.querySelector('form')!;
const problem = document.querySelector('#problem')!;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const problems = await media.startBoth();
  problem.textContent = Object.values(problems).map(({ kind, code }) => `No ${kind}: ${code}`).join(', ');
  // A page with a video of nothing is not loaded to the end in Chromium.
  document.querySelector('video')!.srcObject = media.stream;
  await list();
});

for (const kind of ['camera', 'microphone'] as const) {
  const select = form.elements.namedItem(kind) as HTMLSelectElement;
  select.addEventListener('change', () => {
    media.select(kind, select.value).catch((error: Error) => { problem.textContent = error.message; });
  });
}

async function list(): Promise<void> {
  const devices = await media.devices();
  for (const kind of ['camera', 'microphone'] as const) {
    const select = form.elements.namedItem(kind) as HTMLSelectElement;
    const used = media.source(kind)?.getSettings().deviceId;
    const options = devices.filter((device) => device.kind === kind)
      .map(({ id, label }) => new Option(label || kind, id, false, id === used));
    select.replaceChildren(...options);
  }
}
media.on('devices', () => void list());

const meter = document.querySelector('meter')!;
(function draw() {
  meter.value = media.level();
  requestAnimationFrame(draw);
})();

void list();
