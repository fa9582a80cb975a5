/** Pages that stand alone, each a chunk of its own: first part of the address -> what defines `parley-{name}`. */
const pages: Readonly<Record<string, () => Promise<unknown>>> = {
  learn: () => import('../learn/page.js'),
  check: () => import('../check/page.js'),
  internals: () => import('../internals/page.js'),
};

export function isLazyPage(name: string): boolean {
  return Object.hasOwn(pages, name);
}

/** The page's element, once its code is there. It reads the rest of the address from the route. */
export async function loadPage(name: string): Promise<HTMLElement> {
  await pages[name]?.();
  return document.createElement(`parley-${name}`);
}
