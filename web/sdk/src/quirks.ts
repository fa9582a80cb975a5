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
