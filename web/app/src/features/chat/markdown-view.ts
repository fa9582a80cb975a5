/** Markdown as templates: texts are put in as texts, so there is nothing to be sanitized. */
import { html, type TemplateResult } from 'lit';
import { parseMarkdown, type Block, type Inline } from './markdown.js';

export function renderMarkdown(text: string): TemplateResult[] {
  return parseMarkdown(text).map(renderBlock);
}

function renderBlock(block: Block): TemplateResult {
  switch (block.kind) {
    case 'paragraph': return html`<p dir="auto">${block.children.map(renderInline)}</p>`;
    case 'code': return html`<pre><code>${block.text}</code></pre>`;
    case 'quote': return html`<blockquote>${block.children.map(renderBlock)}</blockquote>`;
    case 'list': {
      const items = block.items.map((blocks) => html`<li>${blocks.map(renderBlock)}</li>`);
      return block.start === null ? html`<ul>${items}</ul>` : html`<ol start=${block.start}>${items}</ol>`;
    }
  }
}

function renderInline(inline: Inline): TemplateResult | string {
  switch (inline.kind) {
    case 'text': return inline.text;
    case 'code': return html`<code>${inline.text}</code>`;
    case 'bold': return html`<strong>${inline.children.map(renderInline)}</strong>`;
    case 'italic': return html`<em>${inline.children.map(renderInline)}</em>`;
    case 'strike': return html`<s>${inline.children.map(renderInline)}</s>`;
    case 'link': return html`<a href=${inline.url} title=${inline.url} target="_blank" rel="noopener noreferrer">${inline.children.map(renderInline)}</a>`;
  }
}
