/** All lessons, in the order in which they build on each other. Each is a chunk of its own, and so is its text. */
import type { Bench } from './kit/bench.js';
import type { Drawing } from './drawings.js';
import type { Key } from './texts.js';

export interface Lesson {
  name: string;
  drawing: Drawing;
  title: Key;
  text: Key;
  look: Key;
  links: readonly [name: string, url: string][];
  load: () => Promise<[{ run: (ui: Bench) => void }, { default: string }]>;
}

const w3c = (spec: string, section: string): string => `https://www.w3.org/TR/${spec}/#${section}`;
const rfc = (number: number, section = ''): [string, string] => [
  `RFC ${number}${section ? `, ${section}` : ''}`, `https://www.rfc-editor.org/rfc/rfc${number}.html${section ? `#section-${section}` : ''}`,
];

export const lessons: readonly Lesson[] = [
  {
    name: 'camera', drawing: 'camera', title: 'camera.title', text: 'camera.text', look: 'camera.look',
    links: [['Media Capture and Streams: constraints', w3c('mediacapture-streams', 'constrainable-interface')]],
    load: () => Promise.all([import('./lessons/camera.js'), import('./lessons/camera.ts?raw')]),
  },
  {
    name: 'devices', drawing: 'devices', title: 'devices.title', text: 'devices.text', look: 'devices.look',
    links: [
      ['Media Capture and Streams: enumerateDevices()', w3c('mediacapture-streams', 'enumerating-local-media-devices')],
      ['Audio Output Devices API', 'https://www.w3.org/TR/audio-output/'],
    ],
    load: () => Promise.all([import('./lessons/devices.js'), import('./lessons/devices.ts?raw')]),
  },
  {
    name: 'audio', drawing: 'audio', title: 'audio.title', text: 'audio.text', look: 'audio.look',
    links: [['Web Audio API', 'https://www.w3.org/TR/webaudio/']],
    load: () => Promise.all([import('./lessons/audio.js'), import('./lessons/audio.ts?raw')]),
  },
  {
    name: 'screen', drawing: 'screen', title: 'screen.title', text: 'screen.text', look: 'screen.look',
    links: [['Screen Capture', w3c('screen-capture', 'dom-mediadevices-getdisplaymedia')], ['contentHint', 'https://www.w3.org/TR/mst-content-hint/']],
    load: () => Promise.all([import('./lessons/screen.js'), import('./lessons/screen.ts?raw')]),
  },
  {
    name: 'recorder', drawing: 'recorder', title: 'recorder.title', text: 'recorder.text', look: 'recorder.look',
    links: [['MediaStream Recording', 'https://www.w3.org/TR/mediastream-recording/']],
    load: () => Promise.all([import('./lessons/recorder.js'), import('./lessons/recorder.ts?raw')]),
  },
  {
    name: 'connection', drawing: 'connection', title: 'connection.title', text: 'connection.text', look: 'connection.look',
    links: [['WebRTC: RTCPeerConnection', w3c('webrtc', 'rtcpeerconnection-interface')], rfc(9429, '3.2')],
    load: () => Promise.all([import('./lessons/connection.js'), import('./lessons/connection.ts?raw')]),
  },
  {
    name: 'sdp', drawing: 'sdp', title: 'sdp.title', text: 'sdp.text-lead', look: 'sdp.look',
    links: [rfc(8866, '5'), rfc(9429, '5'), rfc(8843), rfc(8853)],
    load: () => Promise.all([import('./lessons/sdp.js'), import('./lessons/sdp.ts?raw')]),
  },
  {
    name: 'by-hand', drawing: 'by-hand', title: 'by-hand.title', text: 'by-hand.text-lead', look: 'by-hand.look',
    links: [['WebRTC: negotiated channels', w3c('webrtc', 'dom-rtcdatachannelinit-negotiated')], rfc(8829)],
    load: () => Promise.all([import('./lessons/by-hand.js'), import('./lessons/by-hand.ts?raw')]),
  },
  {
    name: 'candidates', drawing: 'candidates', title: 'candidates.title', text: 'candidates.text', look: 'candidates.look',
    links: [rfc(8445, '5.1.2'), rfc(8838), rfc(8489), rfc(8656)],
    load: () => Promise.all([import('./lessons/candidates.js'), import('./lessons/candidates.ts?raw')]),
  },
  {
    name: 'restart', drawing: 'restart', title: 'restart.title', text: 'restart.text', look: 'restart.look',
    links: [['WebRTC: states', w3c('webrtc', 'state-definitions')], rfc(8445, '9')],
    load: () => Promise.all([import('./lessons/restart.js'), import('./lessons/restart.ts?raw')]),
  },
  {
    name: 'codecs', drawing: 'codecs', title: 'codecs.title', text: 'codecs.text', look: 'codecs.look',
    links: [
      ['WebRTC: setParameters()', w3c('webrtc', 'dom-rtcrtpsender-setparameters')],
      ['WebRTC: setCodecPreferences()', w3c('webrtc', 'dom-rtcrtptransceiver-setcodecpreferences')], ['WebRTC Statistics', 'https://www.w3.org/TR/webrtc-stats/'],
    ],
    load: () => Promise.all([import('./lessons/codecs.js'), import('./lessons/codecs.ts?raw')]),
  },
  {
    name: 'channels', drawing: 'channels', title: 'channels.title', text: 'channels.text', look: 'channels.look',
    links: [['WebRTC: RTCDataChannel', w3c('webrtc', 'rtcdatachannel')], rfc(8831), rfc(3758)],
    load: () => Promise.all([import('./lessons/channels.js'), import('./lessons/channels.ts?raw')]),
  },
  {
    name: 'game', drawing: 'game', title: 'game.title', text: 'game.text', look: 'game.look',
    links: [['WebRTC: ordered, maxRetransmits', w3c('webrtc', 'dom-rtcdatachannelinit-ordered')], rfc(8832)],
    load: () => Promise.all([import('./lessons/game.js'), import('./lessons/game.ts?raw')]),
  },
  {
    name: 'face', drawing: 'face', title: 'face.title', text: 'face.text', look: 'face.look',
    links: [['Shape Detection', 'https://wicg.github.io/shape-detection-api/'], rfc(8831)],
    load: () => Promise.all([import('./lessons/face.js'), import('./lessons/face.ts?raw')]),
  },
  {
    name: 'pointer', drawing: 'pointer', title: 'pointer.title', text: 'pointer.text', look: 'pointer.look',
    links: [['Media Capture from DOM Elements', 'https://www.w3.org/TR/mediacapture-fromelement/'], ['Screen Capture', 'https://www.w3.org/TR/screen-capture/']],
    load: () => Promise.all([import('./lessons/pointer.js'), import('./lessons/pointer.ts?raw')]),
  },
];
