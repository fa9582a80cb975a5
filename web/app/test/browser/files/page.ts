/** A page with a FileShare and nothing around it, and a bare data channel to compare it with. */

import { join, type Call } from '@parley/client';
import { FileShare } from '@parley/client/files';

let call: Call | null = null;
let share: FileShare | null = null;
let pc: RTCPeerConnection | null = null;
let channel: RTCDataChannel | null = null;
let bare = { expectedBytes: 0, bytes: 0, beganMs: 0, tookMs: 0 };
const accepted = new Map<string, { beganMs: number; tookMs: number }>();

function need<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('not yet');
  return value;
}

const page = {
  async enter(url: string, name: string): Promise<void> {
    call = await join(url, { name, server: new URL(url).origin });
    share = new FileShare(call, { worker: '/worker.js' });
    share.on('done', ({ incoming }) => {
      const times = accepted.get(incoming.id);
      if (times) times.tookMs = performance.now() - times.beganMs;
    });
    await share.ready;
    document.querySelector<HTMLInputElement>('#files')!.onchange = ({ target }) => {
      const input = target as HTMLInputElement;
      const files = [...input.files ?? []];
      input.value = ''; // the same file may be chosen again
      const waiting = [...need(share).outgoing.values()].filter(({ needsFile }) => needsFile);
      for (const file of files) if (!waiting.some((outgoing) => outgoing.provideFile(file))) need(share).offer([file]);
    };
  },

  /** Everything of a share that can be told. */
  state() {
    const { incoming, outgoing, dropped } = need(share);
    return {
      dropped,
      peers: [...need(call).peers.values()].map(({ id, connection, path }) => ({ id, connection, path: path.kind })),
      incoming: [...incoming.values()].map(({ id, name, bytes, state, problem, receivedBytes, rateBps, from }) => (
        { id, name, bytes, state, problem, receivedBytes, rateBps, from, tookMs: accepted.get(id)?.tookMs ?? 0 })),
      outgoing: [...outgoing.values()].map(({ id, name, needsFile, receivers }) => (
        { id, name, needsFile, receivers: [...receivers.values()].map(({ peer, state, problem, sentBytes }) => ({ peer, state, problem, sentBytes })) })),
    };
  },

  async accept(id: string): Promise<void> {
    accepted.set(id, { beganMs: performance.now(), tookMs: 0 });
    await need(need(share).incoming.get(id)).accept();
  },

  pause: (id: string) => need(need(share).incoming.get(id)).pause(),
  resume: (id: string) => need(need(share).incoming.get(id)).resume(),
  remove: (id: string) => need(need(share).incoming.get(id)).remove(),
  withdraw: (id: string) => need(share).withdraw(id),
  sha256: (id: string) => need(need(share).incoming.get(id)).sha256(),

  /** Accepts into a file handle instead of the store: one that needs no picker. */
  async acceptToHandle(id: string): Promise<void> {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('picked', { create: true });
    await need(need(share).incoming.get(id)).accept(folder);
  },

  /** What is in the folder of acceptToHandle. */
  async folder(): Promise<string[]> {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('picked') as FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name);
    return names.sort();
  },

  async bareOffer(): Promise<string> {
    pc?.close();
    pc = new RTCPeerConnection();
    channel = pc.createDataChannel('bare');
    await pc.setLocalDescription();
    return gathered(pc);
  },

  async bareAnswer(sdp: string): Promise<string> {
    pc?.close();
    pc = new RTCPeerConnection();
    pc.ondatachannel = ({ channel: incoming }) => {
      incoming.binaryType = 'arraybuffer';
      incoming.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        bare.bytes += data.byteLength;
        if (bare.bytes >= bare.expectedBytes) bare.tookMs = performance.now() - bare.beganMs;
      };
      channel = incoming;
    };
    await pc.setRemoteDescription({ type: 'offer', sdp });
    await pc.setLocalDescription();
    return gathered(pc);
  },

  bareAccept: (sdp: string) => need(pc).setRemoteDescription({ type: 'answer', sdp }),
  bareOpen: () => channel?.readyState === 'open',

  bareExpect(bytes: number): void {
    bare = { expectedBytes: bytes, bytes: 0, beganMs: performance.now(), tookMs: 0 };
  },

  bareTookMs: () => bare.tookMs,

  /** Sends as fast as the channel takes it: up to `highBytes` waiting, filled up again at `lowBytes`. */
  bareSend(bytes: number, { messageBytes, highBytes, lowBytes }: { messageBytes: number; highBytes: number; lowBytes: number }): void {
    const open = need(channel);
    const message = new Uint8Array(Math.min(messageBytes, need(pc).sctp?.maxMessageSize ?? messageBytes));
    let left = bytes;
    open.bufferedAmountLowThreshold = lowBytes;
    const fill = (): void => {
      while (left > 0 && open.bufferedAmount < highBytes) {
        open.send(message.subarray(0, Math.min(left, message.length)));
        left -= Math.min(left, message.length);
      }
    };
    open.onbufferedamountlow = fill;
    fill();
  },
};

async function gathered(connection: RTCPeerConnection): Promise<string> {
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
    connection.onicegatheringstatechange = check;
    check();
  });
  return need(connection.localDescription).sdp;
}

export type Page = typeof page;
Object.assign(window, { page });
