/** How the soft background does. */
import { Subject } from '../../subject.js';

export type BlurStatus =
  | { kind: 'off' | 'starting' | 'native' | 'failed' | 'slow' }
  | { kind: 'running'; fps: number; busyMs: number };

const listeners = new Subject();
let current: BlurStatus = { kind: 'off' };

export const blurStatus = {
  get value(): BlurStatus {
    return current;
  },
  set(next: BlurStatus): void {
    current = next;
    listeners.tell();
  },
  subscribe: listeners.subscribe,
};

const FPS_MIN = 4;
const SECONDS = 5;

/** Says when a machine has been too slow for too long. */
export class Slowness {
  #seconds = 0;

  /** Once a second, with what was measured. A page in the background, or a camera that gives little, proves nothing. */
  add(fps: number, hidden: boolean, cameraFps: number): boolean {
    this.#seconds = !hidden && fps < Math.min(FPS_MIN, cameraFps * 0.6) ? this.#seconds + 1 : 0;
    return this.#seconds >= SECONDS;
  }
}
