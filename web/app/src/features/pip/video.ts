/** One person in a small window, where there is none for the whole call: whoever speaks. Safari: https://www.w3.org/TR/picture-in-picture/ */
import { store } from '../../store.js';
import { pip } from './state.js';

let video: HTMLVideoElement | null = null;
let off = (): void => undefined;

export function canShowVideo(): boolean {
  return 'requestPictureInPicture' in HTMLVideoElement.prototype && document.pictureInPictureEnabled;
}

/** The picture that counts most: a screen, whoever speaks, whoever has a camera. */
export function mainPicture(): MediaStream | null {
  const { peers } = store.state;
  const speaking = peers.find((peer) => peer.speaking && peer.camera);
  return (peers.find((peer) => peer.screen) ?? null)?.screen ?? (speaking ?? peers.find((peer) => peer.camera))?.camera ?? null;
}

export async function openVideo(): Promise<void> {
  const element = document.createElement('video');
  element.muted = true;
  element.playsInline = true;
  element.srcObject = mainPicture();
  if (!element.srcObject) throw new Error('there is no picture');
  await element.play();
  await element.requestPictureInPicture();
  video = element;
  off = store.subscribe(() => {
    const picture = mainPicture();
    if (picture && element.srcObject !== picture) {
      element.srcObject = picture;
      void element.play().catch(() => undefined);
    }
  });
  element.addEventListener('leavepictureinpicture', () => {
    off();
    element.srcObject = null;
    video = null;
    pip.set(false);
  }, { once: true });
  pip.set(true);
}

export function closeVideo(): void {
  if (video && document.pictureInPictureElement) void document.exitPictureInPicture().catch(() => undefined);
}
