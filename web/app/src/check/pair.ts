/** Two connections of this page with each other, and what comes through between them. */
import type { Carried } from './results.js';

const messages = 120;
const messageEveryMs = 20;
/** About what a packet of voice has. */
const messageBytes = 160;
const lateMs = 500;
const bulkMs = 1500;
const bulkBytesMax = 6 << 20;
const chunkBytes = 16 << 10;
const bufferedMax = 512 << 10;

export interface IceError { code: number; text: string }

export interface Pair { connectMs: number; measure(signal: AbortSignal): Promise<Carried>; close(): void }

export interface Attempt { pair: Pair | null; error: IceError | null }

/** Connects two RTCPeerConnections; gives up after `limitMs`, or once nothing more can be tried. */
export async function connect(configuration: RTCConfiguration, limitMs: number, signal: AbortSignal): Promise<Attempt> {
  const near = new RTCPeerConnection(configuration);
  const far = new RTCPeerConnection(configuration);
  const close = (): void => {
    near.close();
    far.close();
  };
  const beganAtMs = performance.now();
  let error: IceError | null = null;
  near.addEventListener('icecandidateerror', ({ errorCode, errorText }) => { error ??= { code: errorCode, text: errorText }; });
  const numbered = near.createDataChannel('numbered', { ordered: false, maxRetransmits: 0 });
  const bulk = near.createDataChannel('bulk', { ordered: false });
  try {
    const opened = channelsOf(far, [numbered, bulk]);
    const hopeless = Promise.all([trickle(near, far), trickle(far, near)])
      .then((counts) => (counts.includes(0) ? null : new Promise<null>(() => undefined)));
    await negotiate(near, far);
    const channels = await Promise.race([opened, hopeless, failure(near), expiry(limitMs, signal)]);
    if (!channels) {
      close();
      return { pair: null, error };
    }
    const connectMs = performance.now() - beganAtMs;
    const measure = async (stop: AbortSignal): Promise<Carried> => {
      const carried = await countMessages(numbered, channels.numbered, stop);
      return { connectMs, ...carried, throughputBps: await countBytes(bulk, channels.bulk, stop) };
    };
    return { pair: { connectMs, measure, close }, error };
  } catch {
    close();
    return { pair: null, error };
  }
}

async function negotiate(near: RTCPeerConnection, far: RTCPeerConnection): Promise<void> {
  await near.setLocalDescription();
  if (near.localDescription) await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  if (far.localDescription) await near.setRemoteDescription(far.localDescription);
}

/** Hands candidates over; resolves with how many there were, once all are known. */
function trickle(from: RTCPeerConnection, to: RTCPeerConnection): Promise<number> {
  const early: RTCIceCandidate[] = [];
  const add = (candidate: RTCIceCandidate): void => void to.addIceCandidate(candidate).catch(() => undefined);
  to.addEventListener('signalingstatechange', () => {
    if (to.remoteDescription) early.splice(0).forEach(add);
  });
  return new Promise((resolve) => {
    let count = 0;
    from.addEventListener('icecandidate', ({ candidate }) => {
      if (!candidate?.candidate) return;
      count++;
      if (to.remoteDescription) add(candidate);
      else early.push(candidate);
    });
    from.addEventListener('icegatheringstatechange', () => {
      if (from.iceGatheringState === 'complete') resolve(count);
    });
  });
}

interface Channels { numbered: RTCDataChannel; bulk: RTCDataChannel }

function channelsOf(far: RTCPeerConnection, near: readonly RTCDataChannel[]): Promise<Channels> {
  return new Promise((resolve) => {
    const arrived: Partial<Channels> = {};
    const look = (): void => {
      const { numbered, bulk } = arrived;
      if (numbered && bulk && near.every(({ readyState }) => readyState === 'open')) resolve({ numbered, bulk });
    };
    for (const channel of near) channel.addEventListener('open', look);
    far.addEventListener('datachannel', ({ channel }) => {
      channel.binaryType = 'arraybuffer';
      arrived[channel.label === 'bulk' ? 'bulk' : 'numbered'] = channel;
      look();
    });
  });
}

function failure(pc: RTCPeerConnection): Promise<null> {
  return new Promise((resolve) => {
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'failed') resolve(null);
    });
  });
}

export function expiry(limitMs: number, signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), limitMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

/** Sends numbered messages at the pace of voice, and sees which arrive, and how late. */
async function countMessages(
  out: RTCDataChannel, arriving: RTCDataChannel, signal: AbortSignal,
): Promise<Pick<Carried, 'rttMs' | 'lossFraction' | 'jitterMs'>> {
  const transits = new Map<number, number>();
  let jitterMs = 0;
  let before: number | null = null;
  arriving.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    const view = new DataView(data);
    const transit = performance.now() - view.getFloat64(4);
    transits.set(view.getUint32(0), transit);
    // https://www.rfc-editor.org/rfc/rfc3550#section-6.4.1
    if (before !== null) jitterMs += (Math.abs(transit - before) - jitterMs) / 16;
    before = transit;
  };
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (sent >= messages || signal.aborted || out.readyState !== 'open') {
        clearInterval(timer);
        return resolve();
      }
      const view = new DataView(new ArrayBuffer(messageBytes));
      view.setUint32(0, sent++);
      view.setFloat64(4, performance.now());
      out.send(view.buffer as ArrayBuffer);
    }, messageEveryMs);
  });
  await expiry(lateMs, signal);
  const sorted = [...transits.values()].sort((a, b) => a - b);
  return { rttMs: sorted[sorted.length >> 1] ?? 0, lossFraction: sent > 0 ? 1 - transits.size / sent : 1, jitterMs };
}

/** As much as goes through, for a moment and up to a bound. */
async function countBytes(out: RTCDataChannel, arriving: RTCDataChannel, signal: AbortSignal): Promise<number | null> {
  const beganAtMs = performance.now();
  let bytes = 0;
  let lastAtMs = beganAtMs;
  arriving.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    bytes += data.byteLength;
    lastAtMs = performance.now();
  };
  const chunk = new ArrayBuffer(chunkBytes);
  out.bufferedAmountLowThreshold = bufferedMax / 2;
  let sent = 0;
  const fill = (): void => {
    while (sent < bulkBytesMax && out.readyState === 'open' && out.bufferedAmount < bufferedMax) {
      out.send(chunk);
      sent += chunkBytes;
    }
  };
  const all = new Promise<null>((resolve) => {
    arriving.addEventListener('message', () => {
      if (bytes >= bulkBytesMax) resolve(null);
    });
  });
  out.addEventListener('bufferedamountlow', fill);
  fill();
  await Promise.race([all, expiry(bulkMs, signal)]);
  out.removeEventListener('bufferedamountlow', fill);
  return lastAtMs > beganAtMs && bytes > 0 ? (bytes * 8000) / (lastAtMs - beganAtMs) : null;
}
