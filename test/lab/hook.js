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
    // Notes each time the received frames or bytes grew, for measuring gaps.
    watch() {
      const state = { lastGrowth: performance.now(), longestGap: 0, frames: 0, energy: 0, gaps: [] };
      lab.watched = state;
      const look = async () => {
        const reports = await lab.report();
        const frames = reports.reduce((sum, r) => sum + r.frames, 0);
        const now = performance.now();
        if (frames !== state.frames) {
          const gap = now - state.lastGrowth;
          if (gap > 500) state.gaps.push(Math.round(gap));
          state.longestGap = Math.max(state.longestGap, gap);
          state.lastGrowth = now;
          state.frames = frames;
        }
        setTimeout(look, 25);
      };
      look();
    },
  };
  window.lab = lab;
})();
