// Keeps a phone's screen on during a call. The browser lets go of the lock whenever the page is
// hidden, so it is asked for again when the page is back.
let lock: WakeLockSentinel | null = null;
let wanted = false;

export function stayAwake(on: boolean): void {
  if (wanted === on || !('wakeLock' in navigator)) return;
  wanted = on;
  if (on) {
    document.addEventListener('visibilitychange', request);
    request();
    return;
  }
  document.removeEventListener('visibilitychange', request);
  void lock?.release();
  lock = null;
}

function request(): void {
  if (document.visibilityState !== 'visible') return;
  navigator.wakeLock.request('screen').then((sentinel) => {
    if (wanted) lock = sentinel;
    else void sentinel.release();
  }, () => undefined); // low battery: the system decides
}
