/** The element's four icons, as path data: made without a parser, so that no policy of a page objects. */

const paths = {
  microphone: ['M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z', 'M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3'],
  camera: ['M5.5 6.5H13A2.5 2.5 0 0 1 15.5 9v6a2.5 2.5 0 0 1-2.5 2.5H5.5A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.5-2.5z', 'm15.5 10.8 5.5-3v8.4l-5.5-3'],
  screen: ['M5.2 4.5h13.6A2.2 2.2 0 0 1 21 6.7v8.1a2.2 2.2 0 0 1-2.2 2.2H5.2A2.2 2.2 0 0 1 3 14.8V6.7a2.2 2.2 0 0 1 2.2-2.2z', 'M8.5 20.5h7M12 13.8V8M9.5 10.3 12 7.8l2.5 2.5'],
  leave: ['M3.3 15.2c-.5-1.5-.2-3 .9-4C6.3 9.2 9 8.2 12 8.2s5.7 1 7.8 3c1.1 1 1.4 2.5.9 4l-.2.6a1 1 0 0 1-1.3.6l-3-1.1a1 1 0 0 1-.7-1l.1-1.6a11 11 0 0 0-7.2 0l.1 1.6a1 1 0 0 1-.7 1l-3 1.1a1 1 0 0 1-1.3-.6z'],
} satisfies Record<string, string[]>;

export type ControlName = keyof typeof paths;
export const controlNames = Object.keys(paths) as ControlName[];

export function icon(name: ControlName, off: boolean): SVGElement {
  const make = (tag: string, attributes: Record<string, string>): SVGElement => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = make('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' });
  svg.append(...[...paths[name], ...(off ? ['M4 4l16 16'] : [])].map((d) => make('path', { d })));
  return svg;
}
