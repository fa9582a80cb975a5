/** Whom a recording shows and hears, as the call is now. */
import type { Call } from '@parley/client';
import { session } from '../../call/session.js';
import { t as core } from '../../i18n/index.js';
import { store } from '../../store.js';
import { hueOf } from '../../ui/avatar.js';
import type { Source } from './paint.js';

/** 'call', 'self' or the id of a peer. */
export type What = 'call' | 'self' | (string & {});

/** Degrees of the hues of the style sheet. */
const hues = [172, 18, 205, 268, 335, 140, 232, 42];

export function nameOf(name: string): string {
  return name.trim() || core('tile.guest');
}

export function sourcesOf(what: What): Source[] {
  const { peers, inputs, name, screenOn } = store.state;
  const { media } = session;
  const hue = (id: string): number => hues[hueOf(id)] ?? 0;
  const people: Source[] = peers.map((peer) => ({
    key: peer.id, name: nameOf(peer.name), screen: false, hue: hue(peer.id), stream: peer.connection === 'lost' ? null : peer.camera,
  }));
  const self: Source = {
    key: 'self', name: name.trim() || core('tile.you'), screen: false, hue: hue('self'), stream: inputs.camera.on ? media?.stream ?? null : null,
  };
  if (what !== 'call') return [self, ...people].filter(({ key }) => key === what);
  const screens = peers.filter((peer) => peer.screen).map((peer): Source => ({
    key: `${peer.id}:screen`, name: core('tile.screen', { name: nameOf(peer.name) }), screen: true, hue: 0, stream: peer.screen,
  }));
  const own: Source[] = screenOn && media ? [{ key: 'self:screen', name: core('tile.screen', { name: self.name }), screen: true, hue: 0, stream: media.screenStream }] : [];
  return [...people, self, ...own, ...screens];
}

/** One person alone has no sound of a screen. */
export function voicesOf(what: What, call: Call): MediaStreamTrack[] {
  const { media } = session;
  const all: (MediaStreamTrack | null | undefined)[] = [];
  for (const peer of call.peers.values()) {
    if (what !== 'call' && what !== peer.id) continue;
    all.push(peer.track('microphone'));
    if (what === 'call') all.push(peer.track('screen-audio'));
  }
  if (what === 'call' || what === 'self') all.push(media?.track('microphone'));
  if (what === 'call') all.push(media?.track('screen-audio'));
  return all.filter((track): track is MediaStreamTrack => track != null && track.readyState === 'live');
}

/** Of the camera whose picture it is, as it comes now. */
export function pictureOf(what: What): { width: number; height: number } | null {
  const video = document.querySelector<HTMLVideoElement>(`[data-tile="${CSS.escape(what)}"] video`);
  return video && !video.hidden && video.videoWidth > 0 ? { width: video.videoWidth, height: video.videoHeight } : null;
}
