/** Gives a person a file to keep. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken hold of the content by the time a minute has passed, also where it asks for a place first.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
