/** How much video is sent, and in which codec: own wishes and those of the peer, put on a sender. */

import type { VideoLimits } from './types.js';

const BITRATE_BPS_MIN = 30_000;

/** The narrower of the two in each respect. */
export function narrower(a: VideoLimits, b: VideoLimits): VideoLimits {
  const result: VideoLimits = {};
  for (const key of ['heightMax', 'frameRateMax', 'bitrateBpsMax'] as const) {
    const values = [a[key], b[key]].filter((value) => value !== undefined);
    if (values.length > 0) result[key] = Math.min(...values);
  }
  return result;
}

/** Of what a peer asks for, keeps what makes sense. */
export function parseLimits(value: unknown): VideoLimits {
  const asked = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const limits: VideoLimits = {};
  for (const [name, key] of [
    ['height_max', 'heightMax'], ['frame_rate_max', 'frameRateMax'], ['bitrate_bps_max', 'bitrateBpsMax'],
  ] as const) {
    const limit = asked[name];
    if (typeof limit === 'number' && Number.isFinite(limit) && limit >= 0) limits[key] = limit;
  }
  return limits;
}

export function encodeLimits({ heightMax, frameRateMax, bitrateBpsMax }: VideoLimits): Record<string, number | undefined> {
  return { height_max: heightMax, frame_rate_max: frameRateMax, bitrate_bps_max: bitrateBpsMax };
}

type Encoding = RTCRtpEncodingParameters & { codec?: RTCRtpCodec };

/**
 * Puts limits and codec on a sender. A screen keeps its resolution: small letters cannot be read, a low
 * rate can be waited for. `lines` is the shorter side of what is sent, null if it is not known.
 */
export async function limitSender(
  sender: RTCRtpSender, kind: 'camera' | 'screen', limits: VideoLimits, lines: number | null, mimeType: string | null,
): Promise<void> {
  const parameters = sender.getParameters();
  const encoding: Encoding | undefined = parameters.encodings[0];
  if (!encoding) return;
  const { heightMax, frameRateMax, bitrateBpsMax } = limits;
  const before = JSON.stringify(encoding);
  encoding.active = heightMax !== 0;
  put(encoding, 'maxFramerate', frameRateMax && Math.max(1, frameRateMax));
  put(encoding, 'maxBitrate', bitrateBpsMax === undefined ? undefined : Math.max(BITRATE_BPS_MIN, Math.round(bitrateBpsMax)));
  const scale = kind === 'camera' && heightMax && lines ? Math.max(1, lines / heightMax) : 1;
  if (scale !== (encoding.scaleResolutionDownBy ?? 1)) encoding.scaleResolutionDownBy = scale;
  // Only what both ends have agreed upon is among the parameters' codecs. Firefox has no such member, and
  // changes the codec by negotiation alone.
  const codec = mimeType === null ? undefined : parameters.codecs.find((c) => c.mimeType.toLowerCase() === mimeType.toLowerCase());
  if (codec) encoding.codec = codec;
  else delete encoding.codec;
  if (JSON.stringify(encoding) !== before) await sender.setParameters(parameters);
}

function put<K extends 'maxFramerate' | 'maxBitrate'>(encoding: Encoding, key: K, value: number | undefined): void {
  if (value === undefined) delete encoding[key];
  else encoding[key] = value;
}

/** Repairs of loss and the like, which are listed as codecs but carry no picture. */
const HELPERS = /\/(rtx|red|ulpfec|flexfec-03)$/i;

/** Video codecs, like 'video/VP9', that this browser can both send and receive. */
export function videoCodecs(): string[] {
  const names = (codecs: readonly RTCRtpCodec[] = []): string[] => codecs.map(({ mimeType }) => mimeType).filter((name) => !HELPERS.test(name));
  const received = names(RTCRtpReceiver.getCapabilities('video')?.codecs);
  return [...new Set(names(RTCRtpSender.getCapabilities('video')?.codecs))].filter((name) => received.includes(name));
}

/** Puts a codec first. The others stay, for a peer that lacks it. */
export function preferCodec(transceiver: RTCRtpTransceiver, mimeType: string | null): void {
  // Firefox before 128 has none.
  if (!('setCodecPreferences' in transceiver)) return;
  const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = (codec: RTCRtpCodec): boolean => codec.mimeType.toLowerCase() === mimeType?.toLowerCase();
  // An empty list is the browser's own order.
  const ordered = mimeType === null || !all.some(wanted) ? [] : [...all.filter(wanted), ...all.filter((codec) => !wanted(codec))];
  try {
    transceiver.setCodecPreferences(ordered);
  } catch {
    // A wish only: without it the browser's own order holds.
  }
}
