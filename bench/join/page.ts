// What runs in each of the two pages of the join measurement. The script drives it
// through `window.bench`.

import { join, LocalMedia, type Call, type Peer } from '@parley/client';

const media = new LocalMedia();
let call: Call | null = null;

/** Resolves with performance.now() at the first frame that the video element shows. */
function firstFrame(video: HTMLVideoElement): Promise<number> {
  return new Promise((resolve) => {
    video.requestVideoFrameCallback(() => resolve(performance.now()));
  });
}

function newVideo(stream: MediaStream): HTMLVideoElement {
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.playsInline = true;
  video.srcObject = stream;
  document.body.append(video);
  return video;
}

/** Switches the devices on. A call that was left has switched them off. */
async function prepare(): Promise<void> {
  await media.start('microphone');
  await media.start('camera');
}

/**
 * The least that this browser can do: two connections in one page, from addTrack to
 * the first frame shown, candidates and descriptions handed over by function calls.
 */
async function floor(): Promise<number> {
  const begun = performance.now();
  const sender = new RTCPeerConnection();
  const receiver = new RTCPeerConnection();
  sender.onicecandidate = ({ candidate }) => void receiver.addIceCandidate(candidate ?? undefined);
  receiver.onicecandidate = ({ candidate }) => void sender.addIceCandidate(candidate ?? undefined);
  const stream = new MediaStream();
  const video = newVideo(stream);
  const frame = firstFrame(video);
  receiver.ontrack = ({ track }) => stream.addTrack(track);
  for (const kind of ['microphone', 'camera'] as const) {
    const track = media.track(kind);
    if (track) sender.addTrack(track);
  }
  await sender.setLocalDescription();
  await receiver.setRemoteDescription(sender.localDescription!);
  await receiver.setLocalDescription();
  await sender.setRemoteDescription(receiver.localDescription!);
  const took = (await frame) - begun;
  sender.close();
  receiver.close();
  video.remove();
  return took;
}

/** Enters the room and stays there. */
async function enter(url: string): Promise<void> {
  call = await join(url, { media, name: 'first' });
}

/** How many others are in the room, and how many of them this page is connected with. */
function others(): { present: number; connected: number } {
  const peers = [...(call?.peers.values() ?? [])];
  return { present: peers.length, connected: peers.filter((p) => p.connection === 'connected').length };
}

/** Joins the room of the other page: from the call of join() to its first frame shown here. */
async function joinOnce(url: string): Promise<{ joinMs: number; frameMs: number; path: string }> {
  const begun = performance.now();
  call = await join(url, { media, name: 'second' });
  const joined = performance.now();
  const peer = [...call.peers.values()][0];
  if (!peer) throw new Error('nobody is in the room');
  const video = newVideo(peer.stream);
  const shown = await firstFrame(video);
  video.remove();
  return { joinMs: joined - begun, frameMs: shown - begun, path: await pathOf(peer) };
}

/** The way media takes, once the statistics tell it. */
async function pathOf(peer: Peer): Promise<string> {
  const until = performance.now() + 5_000;
  while (peer.path.kind === 'none' && performance.now() < until) {
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return peer.path.kind;
}

function leave(): void {
  call?.leave();
  call = null;
}

export interface Bench {
  prepare: typeof prepare;
  floor: typeof floor;
  enter: typeof enter;
  others: typeof others;
  joinOnce: typeof joinOnce;
  leave: typeof leave;
}

declare global {
  interface Window { bench: Bench }
}

window.bench = { prepare, floor, enter, others, joinOnce, leave };
