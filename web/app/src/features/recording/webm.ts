/**
 * The head of a WebM file as a MediaRecorder writes it says nothing about how long the file is, since that is known
 * only at its end. This makes room in the head, and says what to write there. https://www.rfc-editor.org/rfc/rfc9559
 *
 *   EBML header | Segment of unknown size | ... | Info of known size: TimestampScale, (Duration) | Tracks | Clusters
 */

const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const VOID = 0xec;
const CLUSTER = 0x1f43b675;

const DURATION_BYTES = 11;
const NS_PER_MS = 1_000_000;

interface Element { id: number; start: number; content: number; bytes: number; unknown: boolean }

export interface Head {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where `duration` goes. */
  readonly at: number;
  /** What to write there in the end. */
  duration(ms: number): Uint8Array<ArrayBuffer>;
}

/** `undefined`: more bytes are needed to tell; `null`: this is no file that could be mended. */
export function openHead(bytes: Uint8Array<ArrayBuffer>): Head | null | undefined {
  const info = findInfo(bytes);
  if (!info) return info;
  const end = info.content + info.bytes;
  if (end > bytes.length) return undefined;
  let scale = NS_PER_MS;
  let known: Element | null = null;
  for (let at = info.content; at < end;) {
    const element = readElement(bytes, at);
    if (!element || element.content + element.bytes > end) return null;
    if (element.id === TIMESTAMP_SCALE) scale = number(bytes, element.content, element.bytes);
    if (element.id === DURATION) known = element;
    at = element.content + element.bytes;
  }
  const duration = (ms: number): Uint8Array<ArrayBuffer> => durationElement(ms * NS_PER_MS / scale);
  if (known) return known.content + known.bytes - known.start === DURATION_BYTES ? { bytes, at: known.start, duration } : null;
  return withRoom(bytes, info, duration);
}

/** A void element until the end, so that a file without one is a good file too. */
function withRoom(bytes: Uint8Array<ArrayBuffer>, info: Element, duration: Head['duration']): Head | null {
  const end = info.content + info.bytes;
  const sizeAt = info.start + 4;
  const size = sizeElement(info.bytes + DURATION_BYTES, info.content - sizeAt);
  if (!size) return null;
  const result = new Uint8Array(bytes.length + DURATION_BYTES);
  result.set(bytes.subarray(0, end));
  result.set(size, sizeAt);
  result.set([VOID, 0x80 | (DURATION_BYTES - 2)], end);
  result.set(bytes.subarray(end), end + DURATION_BYTES);
  return { bytes: result, at: end, duration };
}

function findInfo(bytes: Uint8Array): Element | null | undefined {
  const header = readElement(bytes, 0);
  if (!header) return header;
  const segment = readElement(bytes, header.content + header.bytes);
  if (!segment) return segment;
  // What moves inside of a segment of known size would make that size wrong.
  if (segment.id !== SEGMENT || !segment.unknown) return null;
  for (let at = segment.content; ;) {
    const element = readElement(bytes, at);
    if (!element) return element;
    if (element.id === INFO) return element;
    if (element.id === CLUSTER || element.unknown) return null;
    at = element.content + element.bytes;
  }
}

function readElement(bytes: Uint8Array, start: number): Element | null | undefined {
  const idBytes = lengthOf(bytes[start]);
  if (idBytes === undefined || idBytes > 4) return idBytes === undefined ? undefined : null;
  const sizeAt = start + idBytes;
  const sizeBytes = lengthOf(bytes[sizeAt]);
  if (sizeBytes === undefined || sizeBytes > 8) return sizeBytes === undefined ? undefined : null;
  const content = sizeAt + sizeBytes;
  if (content > bytes.length) return undefined;
  const marker = 0x80 >> (sizeBytes - 1);
  const rest = (bytes[sizeAt] ?? 0) & (marker - 1);
  const unknown = rest === marker - 1 && bytes.subarray(sizeAt + 1, content).every((byte) => byte === 0xff);
  const size = rest * 256 ** (sizeBytes - 1) + number(bytes, sizeAt + 1, sizeBytes - 1);
  return { id: number(bytes, start, idBytes), start, content, bytes: size, unknown };
}

/** Of a number whose length stands in its first byte; 9 if there is none. */
function lengthOf(first: number | undefined): number | undefined {
  return first === undefined ? undefined : Math.clz32(first) - 23;
}

function number(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** `bytes` as a size of `length` bytes; null if it does not fit. */
function sizeElement(bytes: number, length: number): number[] | null {
  if (bytes >= 2 ** (7 * length) - 1) return null;
  const result: number[] = [];
  let rest = bytes;
  for (let i = 0; i < length; i++) {
    result.unshift(rest % 256);
    rest = Math.floor(rest / 256);
  }
  result[0] = (result[0] ?? 0) | (0x80 >> (length - 1));
  return result;
}

function durationElement(value: number): Uint8Array<ArrayBuffer> {
  const element = new Uint8Array(DURATION_BYTES);
  element.set([DURATION >> 8, DURATION & 255, 0x88]);
  new DataView(element.buffer).setFloat64(3, value);
  return element;
}
