/** Hears whether speaker and microphone work. */
import { session } from '../../call/session.js';
import { settings } from '../../settings.js';
import { devicesState } from './state.js';

const RECORD_MS = 3000;
const START_MS = 3000;
/** Hertz: a chord that goes up, soft at both ends. */
const NOTES = [392, 493.88, 587.33, 783.99];
const NOTE_S = 0.22;

/** Plays through the speaker that was chosen. */
async function play(make: (context: AudioContext, out: AudioNode) => number): Promise<void> {
  const context = new AudioContext();
  try {
    await useSpeaker(context);
    await started(context);
    const seconds = make(context, context.destination);
    await new Promise<void>((resolve) => {
      const end = context.createConstantSource();
      end.offset.value = 0;
      end.connect(context.destination);
      end.onended = () => resolve();
      end.start();
      end.stop(context.currentTime + seconds);
    });
  } finally {
    void context.close();
  }
}

/** Where nothing can play the clock of the sound stands still, and no error says so. */
async function started(context: AudioContext): Promise<void> {
  const limitMs = performance.now() + START_MS;
  void context.resume().catch(() => undefined);
  while (context.currentTime === 0) {
    if (performance.now() > limitMs) throw new Error('the sound did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Chromium aims a whole context; elsewhere the system's own speaker plays. */
async function useSpeaker(context: AudioContext): Promise<void> {
  const { speaker } = settings().devices;
  const { setSinkId } = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (speaker && speaker !== 'default' && setSinkId) await setSinkId.call(context, speaker).catch(() => undefined);
}

export async function testSpeaker(): Promise<void> {
  if (devicesState.value.speakerTest === 'playing') return;
  devicesState.set({ speakerTest: 'playing' });
  try {
    await play(chime);
    devicesState.set({ speakerTest: 'idle' });
  } catch {
    devicesState.set({ speakerTest: 'failed' });
  }
}

function chime(context: AudioContext, out: AudioNode): number {
  NOTES.forEach((frequency, index) => {
    const at = context.currentTime + 0.05 + index * NOTE_S;
    for (const [multiple, loud] of [[1, 0.16], [2, 0.05], [3, 0.02]] as const) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = frequency * multiple;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(loud, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0004, at + 1.1);
      tone.connect(gain).connect(out);
      tone.start(at);
      tone.stop(at + 1.15);
    }
  });
  return NOTES.length * NOTE_S + 1.2;
}

/** Records for three seconds and plays that back. Nothing is sent, and nothing kept. */
export async function testMicrophone(): Promise<void> {
  const track = session.media?.track('microphone');
  if (!track || ['recording', 'playing'].includes(devicesState.value.microphoneTest)) return;
  devicesState.set({ microphoneTest: 'recording' });
  // A copy: a muted microphone can be tested, and stays muted for the others.
  const copy = track.clone();
  copy.enabled = true;
  try {
    const recording = await record(copy);
    devicesState.set({ microphoneTest: 'playing' });
    await play((context, out) => {
      const buffer = context.createBuffer(1, recording.samples.length, recording.rate);
      buffer.copyToChannel(recording.samples, 0);
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(out);
      source.start();
      return buffer.duration + 0.1;
    });
    devicesState.set({ microphoneTest: 'idle' });
  } catch {
    devicesState.set({ microphoneTest: 'failed' });
  } finally {
    copy.stop();
  }
}

async function record(track: MediaStreamTrack): Promise<{ samples: Float32Array<ArrayBuffer>; rate: number }> {
  const recorder = new MediaRecorder(new MediaStream([track]));
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise<void>((resolve, reject) => {
    recorder.onstop = () => resolve();
    recorder.onerror = () => reject(new Error('the recording failed'));
  });
  recorder.start();
  setTimeout(() => {
    if (recorder.state !== 'inactive') recorder.stop();
  }, RECORD_MS);
  await stopped;
  const context = new AudioContext();
  try {
    const buffer = await context.decodeAudioData(await new Blob(parts, { type: recorder.mimeType }).arrayBuffer());
    return { samples: buffer.getChannelData(0).slice(), rate: buffer.sampleRate };
  } finally {
    void context.close();
  }
}
