// Runs in a page before the app does, and keeps its RTCPeerConnections so that a
// test can ask the browser itself what goes on. Knows nothing of the app.
(() => {
  const Native = window.RTCPeerConnection;
  const connections = [];
  window.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(configuration, ...rest) {
      super(lab.configure(configuration), ...rest);
      connections.push(this);
      const name = `pc${connections.length}`;
      note(name, 'new');
      for (const [event, tell] of [
        ['iceconnectionstatechange', () => `ice ${this.iceConnectionState}`],
        ['connectionstatechange', () => `${this.connectionState}, dtls ${this.getSenders()[0]?.transport?.state}`],
        ['signalingstatechange', () => this.signalingState],
        ['icegatheringstatechange', () => `gathering ${this.iceGatheringState}`],
        ['icecandidate', (e) => `own ${e.candidate?.candidate || 'end of candidates'}`],
        ['icecandidateerror', (e) => `${e.url} ${e.errorCode} ${e.errorText}`],
      ]) this.addEventListener(event, (e) => note(name, tell(e)));
    }

    setConfiguration(configuration) {
      super.setConfiguration(lab.configure(configuration));
    }

    addIceCandidate(init, ...rest) {
      note(`pc${connections.indexOf(this) + 1}`, `other's ${init?.candidate || 'end of candidates'}`);
      return super.addIceCandidate(init, ...rest);
    }
  };

  // What happened when, for the log of a failed test.
  function note(who, what) {
    if (lab.events.length < 2000) lab.events.push(`${Math.round(performance.now() - lab.mark)} ${who} ${what}`);
  }

  const NativeSocket = window.WebSocket;
  window.WebSocket = class WebSocket extends NativeSocket {
    constructor(...all) {
      super(...all);
      note('socket', 'new');
      this.addEventListener('open', () => note('socket', 'open'));
      this.addEventListener('close', (e) => note('socket', `closed ${e.code}`));
    }
  };
  window.addEventListener('online', () => note('window', 'online'));
  window.addEventListener('offline', () => note('window', 'offline'));

  // What the selected candidate pair is, in the words of webrtc-stats.
  function selectedPair(stats) {
    for (const s of stats.values()) {
      if (s.type === 'transport' && s.selectedCandidatePairId) return stats.get(s.selectedCandidatePairId);
    }
    // Firefox marks the pair itself.
    for (const s of stats.values()) {
      if (s.type === 'candidate-pair' && s.selected) return s;
    }
    return undefined;
  }

  function candidate(c) {
    if (!c) return null;
    return {
      type: c.candidateType ?? '', protocol: c.protocol ?? '', relayProtocol: c.relayProtocol ?? '',
      address: c.address ?? c.ip ?? '', port: c.port ?? 0,
    };
  }

  async function reportOf(pc) {
    const stats = await pc.getStats();
    const pair = selectedPair(stats);
    const report = {
      state: pc.connectionState,
      local: candidate(pair && stats.get(pair.localCandidateId)),
      remote: candidate(pair && stats.get(pair.remoteCandidateId)),
      frames: 0, freezes: 0, energy: 0, audioPackets: 0, bytes: 0, sent: 0,
    };
    for (const s of stats.values()) {
      if (s.type === 'outbound-rtp') report.sent += s.bytesSent ?? 0;
      if (s.type !== 'inbound-rtp') continue;
      report.bytes += s.bytesReceived ?? 0;
      if ((s.kind ?? s.mediaType) === 'video') {
        report.frames += s.framesDecoded ?? 0;
        report.freezes += s.freezeCount ?? 0;
      } else {
        report.energy += s.totalAudioEnergy ?? 0;
        report.audioPackets += s.packetsReceived ?? 0;
      }
    }
    return report;
  }

  // Statistics of a connection that is closed meanwhile may never come: null.
  function within(ms, promise) {
    return Promise.race([promise.catch(() => null), new Promise((resolve) => setTimeout(resolve, ms, null))]);
  }

  const lab = {
    // A test may replace this to see less than the server offers.
    configure: (configuration) => configuration,
    connections,
    events: [],
    mark: 0,
    // Begins to count the time of events from now.
    begin() {
      lab.mark = performance.now();
      note('lab', 'mark');
    },
    // The connections that have begun and are not closed.
    open: () => connections.filter((pc) => pc.connectionState !== 'closed' && pc.localDescription),
    report: async () => (await Promise.all(lab.open().map((pc) => within(1000, reportOf(pc))))).filter((r) => r !== null),
    // Begins to note each moment at which media of everybody else in the call
    // has come in: bytes as they arrive, frames as they are decoded.
    watch() {
      lab.growth = { bytes: [performance.now()], frames: [performance.now()] };
      const seen = { bytes: new Map(), frames: new Map() };
      const look = async () => {
        const open = lab.open();
        const reports = await within(300, Promise.all(open.map(reportOf)));
        setTimeout(look, 20);
        if (reports === null) return;
        for (const what of ['bytes', 'frames']) {
          if (open.length === 0 || !open.every((pc, i) => reports[i][what] > (seen[what].get(pc) ?? 0))) continue;
          open.forEach((pc, i) => seen[what].set(pc, reports[i][what]));
          lab.growth[what].push(performance.now());
        }
      };
      look();
    },
    // The longest time without growth since the mark, until now.
    longestGap(what, mark) {
      let longest = 0, before = mark;
      for (const t of [...lab.growth[what].filter((t) => t >= mark), performance.now()]) {
        longest = Math.max(longest, t - before);
        before = t;
      }
      return longest;
    },
    // How long after the mark media came in steadily again: null as long as it
    // does not. Steady is a second without a gap of more than half of one.
    steadyAfter(what, mark) {
      const gapMs = 500, now = performance.now();
      let start = lab.growth[what].findLast((t) => t < mark) ?? mark, before = start;
      for (const t of lab.growth[what]) {
        if (t <= start) continue;
        if (t - before > gapMs) start = t;
        before = t;
      }
      return now - before > gapMs || now - Math.max(start, mark) < 1000 ? null : Math.max(0, start - mark);
    },
  };
  window.lab = lab;
})();
