/**
 * Gives a buffer's memory back now: collectors let hundreds of megabytes of what nobody needs pile up while a
 * file is sent. Browsers without transfer (Chromium before 114, Firefox before 122) do without.
 */
export function letGo(buffer: ArrayBuffer): void {
  (buffer as ArrayBuffer & { transfer?: (bytes: number) => void }).transfer?.(0);
}
