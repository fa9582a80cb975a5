/** Style sheets of what is loaded on demand. */

/** Put in by build.mjs: each style sheet outside of styles/, by its path below src/ -> its address. */
declare const LAZY_CSS: Readonly<Record<string, string>>;

const loaded = new Map<string, Promise<void>>();

/** Resolves when the sheet, named like 'features/chat/style.css', is in force. Rejects if it cannot be loaded. */
export function loadStyle(name: string): Promise<void> {
  const known = loaded.get(name);
  if (known) return known;
  const promise = new Promise<void>((resolve, reject) => {
    const href = LAZY_CSS[name];
    if (!href) return reject(new Error(`there is no style sheet ${name}`));
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      loaded.delete(name);
      reject(new Error(`the style sheet ${name} did not load`));
    };
    document.head.append(link);
  });
  loaded.set(name, promise);
  return promise;
}
