/** What browsers do differently, one small function each. */

import type { CameraLimits, ScreenOptions, SoundOptions } from './types.js';

/** What keeps this browser from calls: `null` if nothing does. */
export function browserProblem(): null | 'insecure' | 'no-webrtc' | 'too-old' {
  if (!globalThis.isSecureContext) return 'insecure';
  if (typeof RTCPeerConnection === 'undefined' || typeof WebSocket === 'undefined') return 'no-webrtc';
  const pc = RTCPeerConnection.prototype;
  // restartIce came last of what the SDK stands on (Chromium 77, Firefox 70, Safari 14).
  return 'restartIce' in pc && 'replaceTrack' in RTCRtpSender.prototype ? null : 'too-old';
}

/** Constraints for one device. An id that does not exist any more must not refuse the call: `ideal`. */
export function inputConstraints(kind: 'microphone', deviceId: string | undefined, sound: SoundOptions): MediaTrackConstraints;
export function inputConstraints(kind: 'camera', deviceId: string | undefined, limits: CameraLimits): MediaTrackConstraints;
export function inputConstraints(
  kind: 'microphone' | 'camera', deviceId: string | undefined, options: Partial<SoundOptions> & CameraLimits,
): MediaTrackConstraints {
  const device = deviceId ? { deviceId: { ideal: deviceId } } : {};
  const { echoCancellation = true, noiseSuppression = true, autoGainControl = true, heightMax = 720, frameRateMax = 30 } = options;
  if (kind === 'microphone') return { ...device, echoCancellation, noiseSuppression, autoGainControl };
  return {
    ...device, width: { ideal: Math.round(heightMax * 16 / 9) }, height: { ideal: heightMax },
    frameRate: { ideal: frameRateMax, max: frameRateMax },
  };
}

interface DisplayMediaOptions extends DisplayMediaStreamOptions {
  selfBrowserSurface?: 'include' | 'exclude';
  surfaceSwitching?: 'include' | 'exclude';
  systemAudio?: 'include' | 'exclude';
  monitorTypeSurfaces?: 'include' | 'exclude';
}

/**
 * What to ask for a screen with. The own page is not offered: seen by itself it is a hall of mirrors, and
 * its sound is the voices of the others. Chromium knows all of these members, other browsers skip them.
 */
export function screenConstraints({ audio = true, frameRate = 30 }: ScreenOptions): DisplayMediaOptions {
  return {
    video: { frameRate: { ideal: frameRate, max: frameRate } },
    audio: audio && sharesSound() ? screenSound() : false,
    selfBrowserSurface: 'exclude', surfaceSwitching: 'include', monitorTypeSurfaces: 'include',
    systemAudio: audio && leavesOutOwnSound() ? 'include' : 'exclude',
  };
}

/** Sound as it is played: what cleans voices spoils music. It stays audible for whoever shares it. */
function screenSound(): MediaTrackConstraints {
  const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, suppressLocalAudioPlayback: false };
  return leavesOutOwnSound() ? { ...sound, restrictOwnAudio: true } as MediaTrackConstraints : sound;
}

/**
 * The sound of the whole system has the voices of the call in it, which the others would hear again. Only a
 * browser that can leave the page's own sound out is asked for it.
 * https://developer.mozilla.org/en-US/docs/Web/API/MediaTrackConstraints/restrictOwnAudio
 */
export function leavesOutOwnSound(): boolean {
  return 'restrictOwnAudio' in (navigator.mediaDevices?.getSupportedConstraints?.() ?? {});
}

/**
 * Firefox and Safari share pictures only.
 * https://bugzilla.mozilla.org/show_bug.cgi?id=1541425
 */
export function sharesSound(): boolean {
  return 'suppressLocalAudioPlayback' in (navigator.mediaDevices?.getSupportedConstraints?.() ?? {});
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
