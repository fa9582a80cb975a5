const REVOKE_MS = 60_000;

/** Gives a file to the browser's downloads. It is streamed from where it lies. */
export function downloadFile(file: File): void {
  // Never opened as a page of this origin, whatever the sender says it is.
  const url = URL.createObjectURL(file.slice(0, file.size, 'application/octet-stream'));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS); // the browser begins to read it some time after the click
}
