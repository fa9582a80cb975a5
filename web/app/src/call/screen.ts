// Phones have no getDisplayMedia, iPhones no full screen for a page.
export const canShareScreen = typeof navigator !== 'undefined' && 'getDisplayMedia' in (navigator.mediaDevices ?? {});
export const canFullScreen = typeof document !== 'undefined' && document.fullscreenEnabled;

export async function toggleFullScreen(): Promise<void> {
  if (!canFullScreen) return;
  if (document.fullscreenElement) await document.exitFullscreen().catch(() => undefined);
  else await document.documentElement.requestFullscreen().catch(() => undefined);
}
