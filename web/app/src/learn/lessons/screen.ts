import type { Bench } from '../kit/bench.js';
import { drawnMedia } from '../kit/media.js';

export function run(ui: Bench): void {
  let stream: MediaStream | undefined;
  const canShare = Boolean(navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices);

  ui.button('screen.share', async () => {
    if (!canShare) return show(drawnMedia(ui, { video: true }));
    show(await navigator.mediaDevices.getDisplayMedia({
      video: { displaySurface: surface.value, frameRate: { max: 30 } },
      audio: audio.checked,
    }));
  });
  ui.button('stop', stop);
  const surface = ui.select('screen.surface', ['monitor', 'window', 'browser']);
  ui.select('screen.hint', ['', 'motion', 'detail', 'text'], (hint) => {
    // What an encoder should keep when there is not enough for both: movement, or sharpness.
    const [track] = stream?.getVideoTracks() ?? [];
    if (track) track.contentHint = hint;
  });
  const audio = ui.checkbox('screen.audio');
  const video = ui.video('screen');
  const settings = ui.code('getSettings()');
  const log = ui.log('log');
  ui.has(canShare, 'getDisplayMedia()');
  ui.onClose(stop);

  function show(shared: MediaStream): void {
    stop();
    stream = shared;
    video.srcObject = shared;
    for (const track of shared.getTracks()) {
      log(`${track.kind}: ${track.label}`);
      // The person can stop it in the browser's own bar at any time.
      track.onended = () => log(`${track.kind}: ended`);
      track.onmute = () => log(`${track.kind}: mute`);
      track.onunmute = () => log(`${track.kind}: unmute`);
    }
    video.onresize = () => settings(JSON.stringify(shared.getVideoTracks()[0]?.getSettings(), null, 2));
  }

  function stop(): void {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    video.srcObject = null;
  }
}
