import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { LocalMedia } from '../src/media.js';
import { MediaError } from '../src/errors.js';
import { FakeDevices, FakeStream } from './fake-media.js';

let devices = new FakeDevices();
beforeEach(() => {
  devices = new FakeDevices();
  devices.list = [
    { kind: 'audioinput', deviceId: 'mic1', label: 'Mic 1', groupId: 'g1' },
    { kind: 'audioinput', deviceId: 'mic2', label: 'Mic 2', groupId: 'g2' },
    { kind: 'videoinput', deviceId: 'cam1', label: 'Cam 1', groupId: 'g1' },
  ];
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: devices }, configurable: true });
  Object.assign(globalThis, { MediaStream: FakeStream, isSecureContext: true });
});

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('starting, muting and stopping show in state and stream, and the device is let go of', async () => {
  const media = new LocalMedia();
  await media.start('microphone');
  await media.start('camera');
  assert.deepEqual(media.state, { microphone: true, camera: true, screen: false });
  assert.equal(media.stream.getTracks().length, 2);
  media.setMuted(true);
  assert.equal(media.state.microphone, false);
  assert.equal(media.track('microphone')?.enabled, false);
  assert.equal(media.track('microphone')?.readyState, 'live', 'mute keeps the track');
  media.stop('camera');
  assert.deepEqual([media.state.camera, devices.opened[1]?.readyState], [false, 'ended']);
  media.close();
  assert.ok(devices.opened.every((track) => track.readyState === 'ended'));
});

test('switching replaces the track, keeps the mute and stops the old device', async () => {
  const media = new LocalMedia();
  const changes: string[] = [];
  media.on('change', ({ kind }) => changes.push(kind));
  await media.start('microphone', 'mic1');
  media.setMuted(true);
  await media.select('microphone', 'mic2');
  assert.deepEqual(devices.opened.map((track) => [track.deviceId, track.readyState, track.enabled]), [['mic1', 'ended', false], ['mic2', 'live', false]]);
  assert.equal(media.selected.microphone, 'mic2');
  assert.deepEqual(changes, ['microphone', 'microphone', 'microphone']);
  await media.select('camera', 'cam1');
  assert.equal(media.track('camera'), null, 'what is off is only remembered');
  media.close();
});

test('an unplugged device is replaced by another one, and that is said', async () => {
  const media = new LocalMedia();
  const lost: unknown[] = [];
  media.on('device-lost', ({ kind, label, replacedBy }) => lost.push([kind, label, replacedBy?.id ?? null]));
  await media.start('microphone', 'mic1');
  await media.start('camera', 'cam1');
  devices.list = devices.list.filter((device) => device.groupId !== 'g1');
  for (const track of devices.opened) track.unplug();
  for (let i = 0; i < 5; i++) await settle();
  assert.deepEqual(lost.sort(), [['camera', 'label of cam1', null], ['microphone', 'label of mic1', 'mic2']]);
  assert.deepEqual(media.state, { microphone: true, camera: false, screen: false });
  media.close();
});

test('stopping the screen in the browser ends its sound too', async () => {
  const media = new LocalMedia();
  await media.startScreen({ audio: true });
  assert.ok(media.track('screen') && media.track('screen-audio'));
  devices.opened[0]?.unplug();
  assert.deepEqual([media.track('screen'), media.track('screen-audio'), media.state.screen], [null, null, false]);
  assert.equal(devices.opened[1]?.readyState, 'ended');
  media.close();
});

test('what is stopped while it is being opened does not come on afterwards', async () => {
  const media = new LocalMedia();
  let open = (): void => undefined;
  devices.hold = new Promise((resolve) => (open = resolve));
  const starting = media.start('camera');
  media.stop('camera');
  open();
  await starting;
  assert.equal(media.track('camera'), null);
  assert.equal(devices.opened[0]?.readyState, 'ended');
  media.close();
});

test('each way to be refused has its code', async () => {
  const media = new LocalMedia();
  const code = async (): Promise<string> =>
    media.start('camera').then(() => 'none', (error: unknown) => (error instanceof MediaError ? error.code : String(error)));
  for (const [name, expected] of [
    ['NotAllowedError', 'permission-denied'], ['NotFoundError', 'not-found'], ['NotReadableError', 'busy'], ['AbortError', 'failed'],
  ] as const) {
    devices.refuse = name;
    assert.equal(await code(), expected);
  }
  Object.assign(globalThis, { isSecureContext: false });
  assert.equal(await code(), 'insecure');
  media.close();
});

test('the default microphone is followed when the system changes it', async () => {
  devices.list.unshift({ kind: 'audioinput', deviceId: 'default', label: 'Default', groupId: 'g1' });
  const media = new LocalMedia();
  await media.start('microphone');
  for (let i = 0; i < 3; i++) await settle();
  devices.list[0] = { kind: 'audioinput', deviceId: 'default', label: 'Default', groupId: 'g2' };
  devices.dispatchEvent(new Event('devicechange'));
  for (let i = 0; i < 5; i++) await settle();
  assert.equal(devices.opened.length, 2);
  assert.equal(devices.opened[0]?.readyState, 'ended');
  media.close();
});
