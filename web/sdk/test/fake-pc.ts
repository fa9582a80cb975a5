/**
 * As much of RTCPeerConnection as the SDK's own code reacts to: the signaling state machine with
 * rollback (webrtc-pc section 4.4), ICE generations, negotiationneeded, candidates. No media flows.
 */

let names = 0;

class FakeChannel {
  readyState: RTCDataChannelState = 'connecting';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = 'blob';
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;
  far: FakeChannel | null = null;
  readonly label: string;
  readonly protocol: string;

  constructor(label: string, protocol: string) {
    this.label = label;
    this.protocol = protocol;
  }

  send(data: unknown): void {
    const { far } = this;
    queueMicrotask(() => far?.onmessage?.({ data }));
  }

  close(): void {
    this.readyState = 'closed';
  }
}

interface FakeTransceiver {
  mid: string | null;
  direction: string;
  sender: { track: unknown; replaceTrack(track: unknown): Promise<void>; getParameters(): object };
  receiver: { track: { id: string; kind: string }; getSynchronizationSources(): [] };
}

function transceiver(kind: string): FakeTransceiver {
  const sender: FakeTransceiver['sender'] = {
    track: null,
    getParameters: () => ({ encodings: [], codecs: [] }),
    replaceTrack: async (track) => {
      sender.track = track;
    },
  };
  return { mid: null, direction: 'recvonly', sender, receiver: { track: { id: `track${++names}`, kind }, getSynchronizationSources: () => [] } };
}

export class FakePC {
  /** All that were made and not closed: a test finds leaks and the far end here. */
  static readonly open = new Set<FakePC>();

  signalingState: RTCSignalingState = 'stable';
  iceConnectionState: RTCIceConnectionState = 'new';
  connectionState: RTCPeerConnectionState = 'new';
  currentLocalDescription: RTCSessionDescription | null = null;
  currentRemoteDescription: RTCSessionDescription | null = null;
  pendingLocalDescription: RTCSessionDescription | null = null;
  pendingRemoteDescription: RTCSessionDescription | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  ondatachannel: ((event: { channel: unknown }) => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  readonly sctp = { maxMessageSize: 262144 };
  readonly added: RTCIceCandidateInit[] = [];
  readonly log: string[] = [];
  readonly channels: FakeChannel[] = [];
  readonly #transceivers: FakeTransceiver[] = [];
  #fragment = '';
  #restart = true;
  #needed = false;

  constructor() {
    FakePC.open.add(this);
  }

  get localDescription(): RTCSessionDescription | null {
    return this.pendingLocalDescription ?? this.currentLocalDescription;
  }

  get remoteDescription(): RTCSessionDescription | null {
    return this.pendingRemoteDescription ?? this.currentRemoteDescription;
  }

  async setLocalDescription(): Promise<void> {
    await Promise.resolve();
    this.#assertOpen();
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
    const remote = type === 'answer' ? fragmentOf(this.pendingRemoteDescription) : '';
    const restarted = type === 'answer' && remote !== fragmentOf(this.currentRemoteDescription);
    if (this.#restart || restarted) this.#fragment = `f${++names}`;
    this.#restart = false;
    this.#needed = false;
    this.#transceivers.forEach((t, index) => (t.mid ??= String(index)));
    const setup = type === 'offer' ? 'actpass' : 'active';
    const description = makeDescription(type, this.#fragment, setup, this.#transceivers.length);
    this.log.push(`local ${type} ${this.#fragment}`);
    if (type === 'offer') {
      this.pendingLocalDescription = description;
      this.signalingState = 'have-local-offer';
    } else {
      this.#settle(description, this.pendingRemoteDescription);
    }
    const fragment = this.#fragment;
    setTimeout(() => {
      this.onicecandidate?.({ candidate: fakeCandidate(fragment) });
      this.onicecandidate?.({ candidate: null });
    });
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await Promise.resolve();
    this.#assertOpen();
    this.log.push(`remote ${description.type} ${fragmentOf(description)}`);
    if (description.type === 'offer') {
      if (this.signalingState === 'have-local-offer') this.#rollback();
      if (this.signalingState !== 'stable') throw new Error(`offer in ${this.signalingState}`);
      this.pendingRemoteDescription = description as RTCSessionDescription;
      this.signalingState = 'have-remote-offer';
      const count = Number(/^x-sections:(\d+)/m.exec(description.sdp ?? '')?.[1]);
      while (this.#transceivers.length < count) this.#transceivers.push(transceiver('audio'));
      this.#transceivers.forEach((t, index) => (t.mid = String(index)));
    } else {
      if (this.signalingState !== 'have-local-offer') throw new Error(`answer in ${this.signalingState}`);
      this.#settle(this.pendingLocalDescription, description as RTCSessionDescription);
    }
  }

  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    await Promise.resolve();
    if (!this.remoteDescription) throw new Error('no remote description');
    if (candidate.usernameFragment !== fragmentOf(this.remoteDescription)) throw new Error('unknown fragment');
    this.added.push(candidate);
  }

  restartIce(): void {
    this.#restart = true;
    this.#need();
  }

  addTransceiver(kind: string | { kind: string }): FakeTransceiver {
    const added = transceiver(typeof kind === 'string' ? kind : kind.kind);
    if (typeof kind !== 'string') added.sender.track = kind;
    added.direction = 'sendrecv';
    this.#transceivers.push(added);
    this.#need();
    return added;
  }

  getTransceivers(): FakeTransceiver[] {
    return [...this.#transceivers];
  }

  createDataChannel(label: string, init: RTCDataChannelInit = {}): FakeChannel {
    const channel = new FakeChannel(label, init.protocol ?? '');
    this.channels.push(channel);
    return channel;
  }

  setConfiguration(): void {
    this.#assertOpen();
  }

  async getStats(): Promise<Map<string, object>> {
    return new Map();
  }

  close(): void {
    this.signalingState = 'closed';
    this.iceConnectionState = 'closed';
    FakePC.open.delete(this);
  }

  /** Both ends have the same two descriptions: the transports can connect, the channels open. */
  static connect(a: FakePC, b: FakePC): void {
    for (const [near, far] of [[a, b], [b, a]] as const) {
      near.iceConnectionState = 'connected';
      near.oniceconnectionstatechange?.();
      for (const channel of near.channels.filter((c) => c.readyState === 'connecting')) {
        const incoming = new FakeChannel(channel.label, channel.protocol);
        channel.far = incoming;
        far.ondatachannel?.({ channel: incoming });
        channel.readyState = 'open';
        channel.onopen?.();
      }
    }
  }

  #settle(local: RTCSessionDescription | null, remote: RTCSessionDescription | null): void {
    this.currentLocalDescription = local;
    this.currentRemoteDescription = remote;
    this.pendingLocalDescription = this.pendingRemoteDescription = null;
    this.signalingState = 'stable';
    if (this.#needed || this.#restart) this.#need();
  }

  #rollback(): void {
    this.log.push('rollback');
    this.pendingLocalDescription = null;
    this.signalingState = 'stable';
    this.#needed = true;
  }

  #need(): void {
    this.#needed = true;
    setTimeout(() => {
      if (this.#needed && this.signalingState === 'stable') {
        this.#needed = false;
        this.onnegotiationneeded?.();
      }
    });
  }

  #assertOpen(): void {
    if (this.signalingState === 'closed') throw new Error('closed');
  }
}

function makeDescription(type: 'offer' | 'answer', fragment: string, setup: string, sections: number): RTCSessionDescription {
  const sdp = `v=0\r\na=ice-ufrag:${fragment}\r\na=setup:${setup}\r\nx-sections:${sections}\r\n`;
  return { type, sdp, toJSON: () => ({ type, sdp }) };
}

function fragmentOf(description: RTCSessionDescriptionInit | null): string {
  return /ice-ufrag:(\S+)/.exec(description?.sdp ?? '')?.[1] ?? '';
}

function fakeCandidate(fragment: string): object {
  const init = { candidate: `candidate:1 1 udp 1 192.0.2.1 1 typ host ufrag ${fragment}`, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: fragment };
  return { ...init, toJSON: () => init };
}

/** Lets everything that is under way happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setTimeout(resolve));
}
