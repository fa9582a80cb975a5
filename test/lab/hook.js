// Runs in a page before the app does, and keeps its RTCPeerConnections so that a
// test can ask the browser itself what goes on. Knows nothing of the app.
(() => {
  const Native = window.RTCPeerConnection;
  const connections = [];
  window.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(configuration, ...rest) {
      super(lab.configure(configuration), ...rest);
      connections.push(this);
    }
  };

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
      frames: 0, freezes: 0, energy: 0, audioPackets: 0, bytes: 0,
    };
    for (const s of stats.values()) {
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

  const lab = {
    // A test may replace this to see less than the server offers.
    configure: (configuration) => configuration,
    connections,
    // One report for each connection that is not closed.
    report: () => Promise.all(connections.filter((pc) => pc.connectionState !== 'closed').map(reportOf)),
    // Begins to note each moment at which frames or audio of everybody else in
    // the call came in.
    watch() {
      const seen = new Map();
      lab.growth = [performance.now()];
      const look = async () => {
        let open = 0, grew = 0;
        for (const pc of connections) {
          if (pc.connectionState === 'closed') continue;
          const { frames } = await reportOf(pc);
          open++;
          if (frames > (seen.get(pc) ?? 0)) grew++;
          lab.pending.set(pc, frames);
        }
        if (open > 0 && grew === open) {
          for (const [pc, frames] of lab.pending) seen.set(pc, frames);
          lab.growth.push(performance.now());
        }
        setTimeout(look, 20);
      };
      look();
    },
    pending: new Map(),
    // The longest time without new frames since the mark, until now.
    longestGap(mark) {
      const times = [...lab.growth.filter((t) => t >= mark), performance.now()];
      let longest = 0, before = mark;
      for (const t of times) {
        longest = Math.max(longest, t - before);
        before = t;
      }
      return longest;
    },
    // How long after the mark frames came in steadily again: null as long as
    // they do not. Steady is a second without a gap of more than gapMs.
    steadyAfter(mark, gapMs) {
      const now = performance.now();
      let start = lab.growth.findLast((t) => t < mark) ?? mark, before = start;
      for (const t of lab.growth) {
        if (t <= start) continue;
        if (t - before > gapMs) start = t;
        before = t;
      }
      return now - before > gapMs || now - Math.max(start, mark) < 1000 ? null : Math.max(0, start - mark);
    },
  };
  window.lab = lab;
})();
