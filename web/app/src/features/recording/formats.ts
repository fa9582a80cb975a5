/** What this browser can record, the best first. */

export interface Format {
  /** For MediaRecorder. */
  readonly mime: string;
  readonly codecs: string;
  readonly extension: 'mp4' | 'webm' | 'm4a' | 'ogg';
  readonly words: 'format.mp4' | 'format.mp4-new' | 'format.webm' | 'format.m4a' | 'format.ogg';
}

/**
 * H.264 plays everywhere, and many machines encode it in hardware. VP8 is the cheapest for a processor that is busy
 * with a call already; VP9 makes smaller files for twice the work, and AV1 is left to machines that encode it easily.
 */
const videos: readonly Format[] = [
  { mime: 'video/mp4;codecs=avc1.640028,mp4a.40.2', codecs: 'H.264, AAC', extension: 'mp4', words: 'format.mp4' },
  { mime: 'video/mp4;codecs=avc1.640028,opus', codecs: 'H.264, Opus', extension: 'mp4', words: 'format.mp4' },
  { mime: 'video/webm;codecs=vp8,opus', codecs: 'VP8, Opus', extension: 'webm', words: 'format.webm' },
  { mime: 'video/webm;codecs=vp9,opus', codecs: 'VP9, Opus', extension: 'webm', words: 'format.webm' },
  { mime: 'video/mp4;codecs=av01.0.08M.08,opus', codecs: 'AV1, Opus', extension: 'mp4', words: 'format.mp4-new' },
];

const sounds: readonly Format[] = [
  { mime: 'audio/mp4;codecs=mp4a.40.2', codecs: 'AAC', extension: 'm4a', words: 'format.m4a' },
  { mime: 'audio/webm;codecs=opus', codecs: 'Opus', extension: 'webm', words: 'format.webm' },
  { mime: 'audio/ogg;codecs=opus', codecs: 'Opus', extension: 'ogg', words: 'format.ogg' },
];

export function formats(soundOnly: boolean, supported: (mime: string) => boolean = byBrowser): readonly Format[] {
  return (soundOnly ? sounds : videos).filter(({ mime }) => supported(mime));
}

function byBrowser(mime: string): boolean {
  return typeof MediaRecorder !== 'undefined' && MediaRecorder.isTypeSupported(mime);
}

export const audioBps = 128_000;

/** Enough for calm pictures with text in them at 25 a second. */
export function videoBps(width: number, height: number): number {
  return Math.round(width * height * 2.7);
}

/** A name for the file that says where and when, and sorts by time. */
export function fileName(room: string, at: Date, extension: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}-${two(at.getMinutes())}-${two(at.getSeconds())}`;
  return `parley-${room.replace(/[^\p{L}\p{N}-]+/gu, '-').slice(0, 64)}-${day}-${time}.${extension}`;
}
