import { html, type TemplateResult } from 'lit';

const token = /(\/\/.*|\/\*[\s\S]*?\*\/)|('(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\b(import|export|from|const|let|function|return|if|else|for|of|while|new|await|async|typeof|type|interface|null|true|false|undefined|continue|break|in|throw)\b|\b(\d[\d_.]*(?:e-?\d+)?)\b/g;
const classes = ['comment', 'string', 'keyword', 'number'] as const;

/** A program's text with its comments, strings, words and numbers marked. */
export function highlight(source: string): TemplateResult[] {
  const parts: TemplateResult[] = [];
  let at = 0;
  for (const match of source.matchAll(token)) {
    const kind = classes[match.slice(1).findIndex((group) => group !== undefined)];
    parts.push(html`${source.slice(at, match.index)}<span class="tok-${kind}">${match[0]}</span>`);
    at = match.index + match[0].length;
  }
  parts.push(html`${source.slice(at)}`);
  return parts;
}
