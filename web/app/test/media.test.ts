import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cameraLimits, parseChoices, receiveLimits, sendLimits } from '../src/choices.js';
import { MutedTalkWatch, SilenceWatch } from '../src/features/devices/watch.js';
import { average, depthwise, hardSwish, pointwise, resize, unfold } from '../src/features/effects/kernels.js';
import { Slowness } from '../src/features/effects/status.js';
import { halfToFloat, readModel } from '../src/features/effects/tflite.js';
import {
  Listener, parseCaption, placeOf, recent, recognitionOf, withCaption, type Caption, type Recognition, type RecognitionClass, type RecognitionEvent,
} from '../src/features/voice/captions.js';

describe('choices', () => {
  it('keep what has the right shape', () => {
    assert.deepEqual(parseChoices(null), parseChoices({}));
    const odd = parseChoices({ codec: 'video/<x>', send: { height: 333, frameRate: 15 }, screen: { frameRate: 15, hint: 'x' }, spoken: 5, sound: { autoGainControl: false } });
    assert.deepEqual([odd.codec, odd.send, odd.screen, odd.spoken, odd.sound.autoGainControl], ['', { height: 0, frameRate: 15, kbps: 0 }, { sound: true, hint: 'detail', frameRate: 15 }, '', false]);
  });
  it('become limits', () => {
    const plain = parseChoices({});
    assert.deepEqual([sendLimits(plain), receiveLimits(plain), cameraLimits(plain)], [{}, {}, { heightMax: 720, frameRateMax: 30 }]);
    const saver = parseChoices({ dataSaver: true, send: { height: 180 } });
    assert.deepEqual(sendLimits(saver), { heightMax: 180, frameRateMax: 15, bitrateBpsMax: 300_000 });
    assert.deepEqual(receiveLimits(parseChoices({ audioOnly: true, receive: { kbps: 500 } })), { heightMax: 0 });
  });
});

describe('a microphone', () => {
  const after = (watch: SilenceWatch, fromMs: number, seconds: number, level: number | null): unknown => {
    let said: unknown = null;
    for (let ms = 0; ms <= seconds * 1000; ms += 200) said = watch.add(fromMs + ms, level);
    return said;
  };
  it('that never gave anything is told soon, one that fell silent late, a quiet room never', () => {
    const watch = new SilenceWatch();
    assert.equal(after(watch, 0, 4, 0), null);
    assert.equal(after(watch, 4200, 2, 0), 'never');
    assert.equal(after(watch, 7000, 60, 0.0005), null);
    assert.equal(after(watch, 70_000, 10, 0), null);
    assert.equal(after(watch, 80_200, 11, 0), 'stopped');
    watch.reset();
    assert.equal(after(watch, 100_000, 60, null), null, 'what is not known is not silence');
  });
  it('that is muted hears its person talk, and not a cough', () => {
    const watch = new MutedTalkWatch();
    assert.equal([0, 200, 400].map((ms) => watch.add(ms, 0.1, true)).includes(true), false);
    assert.equal(watch.add(2000, 0.0005, true), false);
    const said = Array.from({ length: 8 }, (_, i) => watch.add(3000 + i * 200, 0.1, true));
    assert.equal(said.at(-1), true);
    assert.equal(watch.add(4800, 0.1, false), false, 'unmuted, there is nothing to say');
  });
});

describe('the soft background', () => {
  it('is given up by a slow machine, not by a hidden page or a slow camera', () => {
    const slow = new Slowness();
    const seconds = (fps: number, hidden: boolean, cameraFps: number, n: number): boolean => Array.from({ length: n }, () => slow.add(fps, hidden, cameraFps)).at(-1) ?? false;
    assert.equal(seconds(2, false, 30, 4), false);
    assert.equal(seconds(20, false, 30, 1), false);
    assert.equal(seconds(1, true, 30, 20), false);
    assert.equal(seconds(4, false, 5, 20), false);
    assert.equal(seconds(2, false, 30, 5), true);
  });
  it('computes as a network does', () => {
    const out = (n: number): Float32Array => new Float32Array(n);
    const mixed = out(5);
    pointwise(Float32Array.of(1, 2), Float32Array.of(1, 0, 0, 1, 1, 1, 2, 2, -1, 1), Float32Array.of(0, 0, 1, 0, 0), mixed, 2, 5);
    assert.deepEqual([...mixed], [1, 2, 4, 6, 1]);
    const size = (height: number, width: number, depth: number) => ({ height, width, depth });
    const summed = out(4);
    depthwise(Float32Array.of(1, 2, 3, 4), size(2, 2, 1), new Float32Array(9).fill(1), Float32Array.of(0.5), summed, size(2, 2, 1), { kernel: [3, 3], stride: [1, 1], pad: [1, 1] });
    assert.deepEqual([...summed], [10.5, 10.5, 10.5, 10.5]);
    const wide = out(4);
    resize(Float32Array.of(0, 4), size(1, 2, 1), wide, size(1, 4, 1));
    assert.deepEqual([...wide], [0, 1, 3, 4]);
    const field = out(4);
    unfold(Float32Array.of(2), size(1, 1, 1), Float32Array.of(1, 2, 3, 4), 1, field, 2);
    assert.deepEqual([...field], [3, 5, 7, 9]);
    const mean = out(2);
    average(Float32Array.of(1, 10, 3, 30), mean);
    assert.deepEqual([...mean], [2, 20]);
    const swish = out(3);
    hardSwish(Float32Array.of(-4, 0, 4), swish);
    assert.deepEqual([...swish].map(Math.abs), [0, 0, 4]);
  });
  it('reads halves, and refuses what is no model', () => {
    assert.deepEqual([0x3c00, 0xc000, 0x0001, 0x7c00].map(halfToFloat), [1, -2, 2 ** -24, Infinity]);
    assert.throws(() => readModel(new ArrayBuffer(16)), /not a TensorFlow Lite model/);
    const cut = new Uint8Array(16);
    cut.set([255, 255, 0, 0, 0x54, 0x46, 0x4c, 0x33]);
    assert.throws(() => readModel(cut.buffer), RangeError);
  });
});

class FakeRecognition implements Recognition {
  static made: FakeRecognition[] = [];
  lang = '';
  continuous = false;
  interimResults = false;
  processLocally = false;
  onresult: ((event: RecognitionEvent) => void) | null = null;
  onerror: ((event: { readonly error: string }) => void) | null = null;
  onend: (() => void) | null = null;
  starts = 0;
  constructor() {
    FakeRecognition.made.push(this);
  }
  start(): void {
    this.starts++;
  }
  abort(): void {
    this.onend?.();
  }
  hear(index: number, ...words: [text: string, final: boolean][]): void {
    const results = [...Array.from({ length: index }, () => ['', true] as const), ...words].map(([transcript, isFinal]) => ({ isFinal, length: 1, 0: { transcript } }));
    this.onresult?.({ resultIndex: index, results });
  }
}

describe('captions', () => {
  const listen = (place: 'here' | 'elsewhere'): { said: Caption[]; troubles: string[]; recognition: FakeRecognition; listener: Listener } => {
    const said: Caption[] = [];
    const troubles: string[] = [];
    const listener = new Listener(FakeRecognition, { lang: 'en-GB', place }, { track: () => null, say: (caption) => said.push(caption), failed: (trouble) => troubles.push(trouble) });
    return { said, troubles, listener, recognition: FakeRecognition.made.at(-1) as FakeRecognition };
  };
  it('stay in the browser where it can be asked for', async () => {
    const with_ = (members: object): RecognitionClass => Object.assign(class extends FakeRecognition {}, members) as RecognitionClass;
    assert.equal(await placeOf(with_({}), 'en'), 'elsewhere');
    assert.equal(await placeOf(with_({ available: async () => 'available' }), 'en'), 'here');
    assert.equal(await placeOf(with_({ available: async () => 'downloadable', install: async () => true }), 'en'), 'here');
    assert.equal(await placeOf(with_({ available: async () => 'downloadable', install: async () => false }), 'en'), 'elsewhere');
    assert.equal(await placeOf(with_({ available: async () => { throw new Error('old'); } }), 'en'), 'elsewhere');
    assert.deepEqual([listen('here').recognition.processLocally, listen('elsewhere').recognition.processLocally], [true, false]);
    assert.equal(recognitionOf({}), null);
    assert.equal(recognitionOf({ webkitSpeechRecognition: FakeRecognition }), FakeRecognition);
  });
  it('are numbered on when the browser begins recognition again', () => {
    const { said, recognition } = listen('here');
    recognition.hear(0, ['hello', false]);
    recognition.hear(0, ['hello there', true]);
    recognition.onend?.();
    assert.equal(recognition.starts, 2);
    recognition.hear(0, [' again ', true], ['', false]);
    assert.deepEqual(said, [{ id: 0, text: 'hello', final: false }, { id: 0, text: 'hello there', final: true }, { id: 1, text: 'again', final: true }]);
  });
  it('end with a word about why, and at once when they are switched off', () => {
    const refused = listen('elsewhere');
    refused.recognition.onerror?.({ error: 'not-allowed' });
    assert.deepEqual([refused.troubles, refused.recognition.onend], [['not-allowed'], null]);
    const away = listen('elsewhere');
    for (const error of ['no-speech', 'network', 'network', 'network']) away.recognition.onerror?.({ error });
    assert.deepEqual(away.troubles, ['network']);
    const off = listen('here');
    off.listener.end();
    assert.equal(off.recognition.starts, 1);
  });
  it('of a peer are checked, replaced and let go of', () => {
    for (const bad of ['', '{', '5', '{"id":1.5,"text":"x"}', '{"id":1}', 'x'.repeat(5000), new ArrayBuffer(2)]) assert.equal(parseCaption(bad), null);
    const lines = withCaption(withCaption([], 'a', { id: 1, text: 'he', final: false }, 0), 'a', { id: 1, text: 'hello', final: true }, 1000);
    assert.deepEqual(lines, [{ from: 'a', id: 1, text: 'hello', atMs: 1000 }]);
    assert.equal([2, 3, 4, 5].reduce((all, id) => withCaption(all, 'b', { id, text: 'x', final: true }, 2000), lines).length, 3);
    assert.deepEqual(recent(lines, 9000), []);
  });
});
