import { noChange } from 'lit';
import { Directive, directive, type ElementPart } from 'lit/directive.js';

// Sets style properties one by one through the CSSOM. Lit's own styleMap begins with a style
// attribute, which "style-src 'self'" refuses.
class Vars extends Directive {
  render(_values: Record<string, string | null>): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [values]: [Record<string, string | null>]): typeof noChange {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(values)) {
      if (value === null) style.removeProperty(name);
      else if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
    }
    return noChange;
  }
}

/** `<div ${vars({ '--x': '4px' })}>` */
export const vars = directive(Vars);
