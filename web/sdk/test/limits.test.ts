import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeLimits, limitSender, narrower, parseLimits } from '../src/limits.js';

function sender(codecs: string[] = []): { sender: RTCRtpSender; set: RTCRtpEncodingParameters[] } {
  const set: RTCRtpEncodingParameters[] = [];
  let encodings: RTCRtpEncodingParameters[] = [{ active: true }];
  const fake = {
    getParameters: () => ({ encodings: structuredClone(encodings), codecs: codecs.map((mimeType) => ({ mimeType })) }),
    setParameters: async (parameters: RTCRtpSendParameters) => {
      encodings = parameters.encodings;
      set.push(encodings[0] as RTCRtpEncodingParameters);
    },
  };
  return { sender: fake as unknown as RTCRtpSender, set };
}

test('the narrower limit holds, and none is no limit', () => {
  assert.deepEqual(narrower({ heightMax: 720, bitrateBpsMax: 5 }, { heightMax: 360, frameRateMax: 15 }), { heightMax: 360, frameRateMax: 15, bitrateBpsMax: 5 });
  assert.deepEqual(narrower({}, {}), {});
});

test('limits survive the way, and nonsense does not', () => {
  const limits = { heightMax: 0, frameRateMax: 15, bitrateBpsMax: 300_000 };
  assert.deepEqual(parseLimits(JSON.parse(JSON.stringify(encodeLimits(limits)))), limits);
  for (const bad of [null, 5, 'x', [], { height_max: -1, frame_rate_max: '15', bitrate_bps_max: 1e999 }]) assert.deepEqual(parseLimits(bad), {});
});

test('a camera is made smaller, slower and cheaper, and whole again', async () => {
  const { sender: target, set } = sender();
  await limitSender(target, 'camera', { heightMax: 180, frameRateMax: 15, bitrateBpsMax: 1000 }, 720, null);
  assert.deepEqual(set.at(-1), { active: true, maxFramerate: 15, maxBitrate: 30_000, scaleResolutionDownBy: 4 });
  await limitSender(target, 'camera', {}, 720, null);
  assert.deepEqual(set.at(-1), { active: true, scaleResolutionDownBy: 1 });
  await limitSender(target, 'camera', {}, 720, null);
  assert.equal(set.length, 2, 'nothing is set that is in force');
});

test('a screen keeps its lines, and either is left out at zero', async () => {
  const { sender: target, set } = sender();
  await limitSender(target, 'screen', { heightMax: 180, bitrateBpsMax: 200_000 }, 1080, null);
  assert.deepEqual(set.at(-1), { active: true, maxBitrate: 200_000 });
  await limitSender(target, 'screen', { heightMax: 0 }, 1080, null);
  assert.deepEqual(set.at(-1), { active: false });
});

test('a codec that both agreed upon is used, another one is not', async () => {
  const { sender: target, set } = sender(['video/VP8', 'video/VP9']);
  await limitSender(target, 'camera', {}, 720, 'video/vp9');
  assert.deepEqual(set.at(-1), { active: true, codec: { mimeType: 'video/VP9' } });
  await limitSender(target, 'camera', {}, 720, 'video/AV1');
  assert.deepEqual(set.at(-1), { active: true });
});
