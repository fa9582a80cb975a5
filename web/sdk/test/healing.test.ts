import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { LocalMedia } from '../src/media.js';
import { FakeDevices, FakeStream, type FakeTrack } from './fake-media.js';

class FakePermission extends EventTarget {
  state: PermissionState = 'granted';
  onchange: (() => void) | null = null;

  set(state: PermissionState): void {
    this.state = state;
    this.onchange?.();
  }
}

const mic1 = { kind: 'audioinput', deviceId: 'mic1', label: 'Mic 1', groupId: 'g1' };
const mic2 = { kind: 'audioinput', deviceId: 'mic2', label: 'Mic 2', groupId: 'g2' };
const cam1 = { kind: 'videoinput', deviceId: 'cam1', label: 'Cam 1', groupId: 'g1' };
const cam2 = { kind: 'videoinput', deviceId: 'cam2', label: 'Cam 2', groupId: 'g2' };
const out1 = { kind: 'audiooutput', deviceId: 'out1', label: 'Speaker 1', groupId: 'g1' };
const out2 = { kind: 'audiooutput', deviceId: 'out2', label: 'Speaker 2', groupId: 'g2' };

let devices = new FakeDevices();
let permissions: Record<string, FakePermission> = {};
let page = new EventTarget() as EventTarget & { hidden: boolean };

beforeEach(() => {
  devices = new FakeDevices();
  devices.list = [mic1, mic2, cam1, cam2, out1, out2];
  permissions = { microphone: new FakePermission(), camera: new FakePermission() };
  page = Object.assign(new EventTarget(), { hidden: false });
  const query = async ({ name }: { name: string }): Promise<FakePermission | undefined> => permissions[name];
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: devices, permissions: { query } }, configurable: true });
  Object.assign(globalThis, { MediaStream: FakeStream, isSecureContext: true, document: page });
});

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve));
}

/** A LocalMedia, and all that it says beside 'change' and 'devices'. */
function open(): { media: LocalMedia; said: unknown[] } {
  const media = new LocalMedia();
  const said: unknown[] = [];
  media.on('device-lost', ({ kind, replacedBy }) => said.push(['lost', kind, replacedBy?.id ?? null]));
  media.on('device-back', ({ kind, label }) => said.push(['back', kind, label]));
  media.on('device-failed', ({ kind, code }) => said.push(['failed', kind, code]));
  media.on('default-changed', ({ kind, label }) => said.push(['default', kind, label]));
  media.on('interrupted', ({ kind }) => said.push(['interrupted', kind]));
  media.on('resumed', ({ kind }) => said.push(['resumed', kind]));
  return { media, said };
}

const last = (): FakeTrack => devices.opened.at(-1) as FakeTrack;
const used = (media: LocalMedia, kind: 'microphone' | 'camera'): string | undefined => media.source(kind)?.getSettings().deviceId;

test('the device of a choice is used again when it is plugged in again', async () => {
  const { media, said } = open();
  await media.start('microphone', 'mic2');
  await settle();
  devices.change([mic1, cam1]);
  last().unplug();
  await settle();
  assert.equal(used(media, 'microphone'), 'mic1');
  devices.change([mic1, mic2, cam1]);
  await settle();
  assert.equal(used(media, 'microphone'), 'mic2');
  assert.deepEqual(said, [['lost', 'microphone', 'mic1'], ['back', 'microphone', 'label of mic2']]);
  media.close();
});

test('the only camera comes back by itself, unless the person has given up on it', async () => {
  const { media, said } = open();
  devices.list = [mic1, cam1];
  await media.start('camera');
  await settle();
  devices.change([mic1]);
  last().unplug();
  await settle();
  assert.equal(media.state.camera, false);
  devices.change([mic1, cam1]);
  await settle();
  assert.equal(media.state.camera, true);
  devices.change([mic1]);
  last().unplug();
  await settle();
  media.stop('camera');
  devices.change([mic1, cam1]);
  await settle();
  assert.equal(media.state.camera, false);
  assert.deepEqual(said, [['lost', 'camera', null], ['back', 'camera', 'label of cam1'], ['lost', 'camera', null]]);
  media.close();
});

test('a permission that was taken back and is given again brings the device back', async () => {
  const { media, said } = open();
  await media.start('camera');
  await settle();
  devices.refuse = 'NotAllowedError';
  permissions.camera?.set('denied');
  last().unplug();
  await settle();
  assert.deepEqual(said, [['failed', 'camera', 'permission-denied'], ['lost', 'camera', null]]);
  devices.change([mic1, mic2, cam1]);
  await settle();
  const { questions } = devices;
  devices.refuse = null;
  permissions.camera?.set('granted');
  await settle();
  assert.equal(devices.questions, questions + 1, 'and nothing was asked in between');
  assert.equal(media.state.camera, true);
  media.close();
});

test('what the system mutes is told, and opened anew when the page is seen again', async () => {
  const { media, said } = open();
  await media.start('microphone', 'mic1');
  await settle();
  last().setMuted(true);
  assert.equal(media.interrupted('microphone'), true);
  last().setMuted(false);
  assert.equal(media.interrupted('microphone'), false);
  last().setMuted(true);
  page.dispatchEvent(new Event('visibilitychange'));
  await settle();
  assert.equal(devices.opened.length, 2);
  assert.equal(media.interrupted('microphone'), false);
  assert.deepEqual(said, [['interrupted', 'microphone'], ['resumed', 'microphone'], ['interrupted', 'microphone'], ['resumed', 'microphone']]);
  media.close();
});

test('who uses the default camera goes along with the system, and not with what is plugged in', async () => {
  const { media, said } = open();
  devices.list = [mic1, cam1];
  await media.start('camera');
  await settle();
  devices.change([mic1, cam2, cam1]);
  await settle();
  assert.equal(used(media, 'camera'), 'cam1');
  devices.change([mic1, cam1, cam2]);
  await settle();
  devices.change([mic1, cam2, cam1]);
  await settle();
  assert.equal(used(media, 'camera'), 'cam2');
  assert.deepEqual(said, [['default', 'camera', 'Cam 2']]);
  media.close();
});

test('speakers: default changed, lost, back', async () => {
  const { media, said } = open();
  devices.dispatchEvent(new Event('devicechange'));
  await settle();
  devices.change([mic1, out2, out1]);
  await settle();
  await media.select('speaker', 'out1');
  devices.change([mic1, out2]);
  await settle();
  devices.change([mic1, out2, out1]);
  await settle();
  assert.deepEqual(said, [['default', 'speaker', 'Speaker 2'], ['lost', 'speaker', null], ['back', 'speaker', 'Speaker 1']]);
  media.close();
});

test('one question opens both, and one device that is missing does not take the other along', async () => {
  const { media } = open();
  assert.deepEqual(await media.startBoth(), {});
  assert.equal(devices.questions, 1);
  assert.deepEqual(media.state, { microphone: true, camera: true, screen: false });
  media.close();
  const other = new LocalMedia();
  devices.list = [mic1];
  const problems = await other.startBoth();
  assert.deepEqual([problems.camera?.code, problems.microphone, other.state.microphone], ['not-found', undefined, true]);
  other.close();
});

test('sound that a live track cannot change comes with a new track', async () => {
  const { media } = open();
  await media.start('microphone', 'mic2');
  await media.setSound({ echoCancellation: false, noiseSuppression: false, autoGainControl: false });
  assert.equal(devices.opened.length, 2);
  assert.equal(used(media, 'microphone'), 'mic2');
  assert.equal(devices.opened[0]?.readyState, 'ended');
  await media.setSound({ echoCancellation: false, noiseSuppression: false, autoGainControl: false });
  assert.equal(devices.opened.length, 2, 'and only then');
  media.close();
});

test('an effect comes and goes over the same camera, and a failing one leaves the plain picture', async () => {
  const { media } = open();
  const failed: string[] = [];
  media.on('effect-failed', ({ error }) => failed.push(error.message));
  await media.start('camera', 'cam1');
  const camera = media.source('camera');
  let closed = 0;
  const made = { kind: 'video', stop: () => undefined } as unknown as MediaStreamTrack;
  await media.setEffect(async () => ({ track: made, close: () => { closed++; } }));
  assert.equal(media.track('camera'), made);
  assert.deepEqual([camera?.readyState, media.stream.getVideoTracks()], ['live', [made]]);
  await media.setEffect(null);
  assert.deepEqual([media.track('camera'), closed], [camera, 1]);
  await media.setEffect(async () => { throw new Error('too slow'); });
  assert.deepEqual([media.track('camera'), failed], [camera, ['too slow']]);
  media.stop('camera');
  assert.equal(camera?.readyState, 'ended');
  media.close();
});
