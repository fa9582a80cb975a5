import type { Bench } from '../kit/bench.js';
import { openMedia } from '../kit/media.js';

const names = ['width', 'height', 'frameRate', 'zoom', 'brightness'] as const;

export function run(ui: Bench): void {
  let track: MediaStreamTrack | undefined;
  const wanted: Record<string, ConstrainDouble> = {};

  ui.button('camera.start', async () => {
    const stream = await openMedia(ui, { video: { width: { ideal: 1280 }, frameRate: { ideal: 30 } } });
    track?.stop();
    track = stream.getVideoTracks()[0];
    video.srcObject = stream;
    await apply();
    addSliders();
  });
  const exact = ui.checkbox('camera.exact');
  const video = ui.video('camera');
  const constraints = ui.code('applyConstraints()');
  const settings = ui.code('getSettings()');
  const capabilities = ui.code('getCapabilities()');

  async function apply(): Promise<void> {
    if (!track) return;
    constraints(JSON.stringify(wanted, null, 2));
    try {
      // "ideal": as near as can be. "exact": this or an OverconstrainedError.
      await track.applyConstraints(wanted);
    } finally {
      settings(JSON.stringify(track.getSettings(), null, 2));
      capabilities(JSON.stringify(track.getCapabilities?.() ?? {}, null, 2));
    }
  }

  let sliders = false;
  function addSliders(): void {
    if (!track || sliders) return;
    sliders = true;
    const can = track.getCapabilities?.() as Record<string, Partial<DoubleRange> | undefined> | undefined;
    const now = track.getSettings() as Record<string, number | undefined>;
    const usual: Record<string, number> = { width: 1920, height: 1080, frameRate: 60 };
    for (const name of names) {
      const max = can?.[name]?.max ?? (can?.[name] || now[name] ? usual[name] : undefined);
      if (max === undefined) continue;
      const min = Math.max(1, can?.[name]?.min ?? 1);
      ui.slider(name, { min, max: Math.min(max, 4096), step: 1, value: now[name] ?? max }, (value) => {
        wanted[name] = exact.checked ? { exact: value } : { ideal: value };
        return apply();
      });
    }
  }
}
