/** What browsers do differently, one small function each. */

/** What keeps this browser from calls: `null` if nothing does. */
export function browserProblem(): null | 'insecure' | 'no-webrtc' | 'too-old' {
  if (!globalThis.isSecureContext) return 'insecure';
  if (typeof RTCPeerConnection === 'undefined' || typeof WebSocket === 'undefined') return 'no-webrtc';
  const pc = RTCPeerConnection.prototype;
  // restartIce came last of what the SDK stands on (Chromium 77, Firefox 70, Safari 14).
  return 'restartIce' in pc && 'replaceTrack' in RTCRtpSender.prototype ? null : 'too-old';
}

/** Constraints for one device. An id that does not exist any more must not refuse the call: `ideal`. */
export function mediaConstraints(kind: 'microphone' | 'camera', deviceId?: string): MediaStreamConstraints {
  const device = deviceId ? { deviceId: { ideal: deviceId } } : {};
  if (kind === 'microphone') {
    return { audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
  }
  return { video: { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } } };
}

/**
 * Calls `changed` when the network may have changed; `moved` when it certainly has. Chromium's
 * navigator.connection also reports mere estimates of its speed.
 */
export function watchNetwork(changed: (moved: boolean) => void): () => void {
  const { connection } = navigator as { connection?: EventTarget };
  const online = (): void => changed(true);
  const maybe = (): void => changed(false);
  const visible = (): void => {
    if (!document.hidden) changed(false);
  };
  addEventListener('online', online);
  addEventListener('offline', maybe);
  document.addEventListener('visibilitychange', visible);
  connection?.addEventListener('change', maybe);
  return () => {
    removeEventListener('online', online);
    removeEventListener('offline', maybe);
    document.removeEventListener('visibilitychange', visible);
    connection?.removeEventListener('change', maybe);
  };
}

/**
 * Firefox, where it made the first offer and so controls ICE, nominates the first pair that works and
 * stays with it, be it a relay beside a direct one. Chromium goes on to better pairs. Both may:
 * https://www.rfc-editor.org/rfc/rfc8445#section-8.1.1
 */
export function nominatesFirstPair(): boolean {
  return typeof navigator === 'object' && /\bFirefox\//.test(navigator.userAgent);
}

/**
 * Firefox answers a later offer with "active" although it has been the DTLS server since it made the
 * first offer itself, and Chromium refuses to change roles. So the remote offer is read as what the
 * roles already are, which leaves only one answer.
 * https://github.com/open-webrtc-toolkit/owt-client-javascript/issues/119
 */
export function keepDtlsRole(
  offer: string, current: { remote: RTCSessionDescriptionInit | null; local: RTCSessionDescriptionInit | null },
): string {
  const { remote, local } = current;
  const role = (sdp = ''): string | undefined => /^a=setup:(active|passive)/m.exec(sdp)?.[1];
  const ours = remote?.type === 'answer' ? opposite(role(remote.sdp)) : role(local?.sdp);
  const theirs = opposite(ours);
  return theirs ? offer.replace(/^a=setup:actpass/gm, `a=setup:${theirs}`) : offer;
}

function opposite(role: string | undefined): string | undefined {
  return role && (role === 'active' ? 'passive' : 'active');
}
