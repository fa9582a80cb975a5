import type { Bench } from '../kit/bench.js';
import { openMedia } from '../kit/media.js';

const candidates = [
  'video/mp4;codecs=avc1.42E01E,mp4a.40.2', 'video/mp4;codecs=vp9,opus', 'video/mp4;codecs=av01.0.04M.08,opus',
  'video/webm;codecs=vp8,opus', 'video/webm;codecs=vp9,opus', 'video/webm;codecs=av1,opus', 'video/webm;codecs=h264,opus',
  'video/x-matroska;codecs=avc1', 'audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4;codecs=mp4a.40.2',
];

export function run(ui: Bench): void {
  if (!ui.has('MediaRecorder' in window, 'MediaRecorder')) return;
  const able = candidates.filter((type) => MediaRecorder.isTypeSupported(type));
  let stream: MediaStream | undefined;
  let recorder: MediaRecorder | undefined;
  let url = '';

  ui.button('recorder.record', async () => {
    if (recorder?.state === 'recording') return;
    stream ??= await openMedia(ui, { video: true, audio: true });
    live.srcObject = stream;
    const video = type.value.startsWith('video/');
    const parts: Blob[] = [];
    let bytes = 0;
    recorder = new MediaRecorder(video ? stream : new MediaStream(stream.getAudioTracks()), { mimeType: type.value });
    recorder.ondataavailable = ({ data }) => {
      parts.push(data);
      bytes += data.size;
      size(bytes);
    };
    recorder.onstart = recorder.onpause = recorder.onresume = () => state(recorder?.state ?? '');
    recorder.onerror = (event) => ui.fail((event as ErrorEvent).error ?? event.type);
    recorder.onstop = () => {
      state('inactive');
      play(new Blob(parts, { type: recorder?.mimeType ?? '' }));
    };
    recorder.start(500); // a part every half second, so that not all is lost if the page goes away
  });
  ui.button('recorder.pause', () => {
    if (recorder?.state === 'paused') recorder.resume();
    else if (recorder?.state === 'recording') recorder.pause();
  });
  ui.button('stop', () => {
    if (recorder && recorder.state !== 'inactive') recorder.stop();
  });
  const type = ui.select('recorder.type', able);
  const save = ui.link('recorder.save', '', 'recording');
  save.hidden = true;
  const live = ui.video('local');
  const replay = ui.video('recorder.replay');
  replay.controls = true;
  const state = ui.readout('state');
  const size = ui.readout('bytes');
  const table = ui.table('recorder.types', 'mimeType', 'isTypeSupported()');
  for (const candidate of candidates) table.add(candidate, able.includes(candidate) ? '✓' : '–');

  function play(recording: Blob): void {
    URL.revokeObjectURL(url);
    url = URL.createObjectURL(recording);
    replay.src = url;
    save.href = url;
    save.download = `recording.${/mp4|webm|ogg/.exec(recording.type)?.[0] ?? 'mkv'}`;
    save.hidden = false;
  }

  ui.onClose(() => {
    if (recorder && recorder.state !== 'inactive') recorder.stop();
    replay.removeAttribute('src');
    URL.revokeObjectURL(url);
  });
}
