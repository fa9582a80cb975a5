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
