import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMarkdown, plainText, safeURL, type Block, type Inline } from '../src/features/chat/markdown.js';
import { textMax } from '../src/features/chat/message.js';
import { Random } from '../../sdk/test/random.js';

/** A tree in short: what is written around the texts says what they are. */
function short(text: string): string {
  return parseMarkdown(text).map(block).join('¶');
}

function block(b: Block): string {
  switch (b.kind) {
    case 'paragraph': return b.children.map(inline).join('');
    case 'code': return `{${b.text}}`;
    case 'quote': return `>(${b.children.map(block).join('¶')})`;
    case 'list': return `${b.start ?? '-'}[${b.items.map((item) => item.map(block).join('¶')).join('|')}]`;
  }
}

function inline(i: Inline): string {
  switch (i.kind) {
    case 'text': return i.text;
    case 'code': return `{${i.text}}`;
    case 'link': return `<${i.url} ${i.children.map(inline).join('')}>`;
    default: return `${i.kind}(${i.children.map(inline).join('')})`;
  }
}

describe('parseMarkdown', () => {
  const table: [string, string][] = [
    ['plain, as typed\nwith a break', 'plain, as typed\nwith a break'],
    ['**bold** *italic* _italic_ ~~gone~~ `a*b*`', 'bold(bold) italic(italic) italic(italic) strike(gone) {a*b*}'],
    ['**all *of* it**', 'bold(all italic(of) it)'],
    ['***both*** ** no ** ****', 'bold(italic(both)) ** no ** ****'],
    ['2*3*4 snake_case_name a ** b', '2*3*4 snake_case_name a ** b'],
    ['__init__ and *open', '__init__ and *open'],
    ['\\*as typed\\* C:\\dir', '*as typed* C:\\dir'],
    ['``a`b``', '{a`b}'],
    ['```\nlet x = 1 < 2;\n\n**no**\n```\nafter', '{let x = 1 < 2;\n\n**no**}¶after'],
    ['```js\nnever closed', '{never closed}'],
    ['> said\n> > before\nanswer', '>(said¶>(before))¶answer'],
    ['- one\n- **two**\n  - deeper\n* three', '-[one|bold(two)¶-[deeper]|three]'],
    ['3. three\n4. four\n- other', '3[three|four]¶-[other]'],
    ['2026. A good year. 1.5 -1', '2026. A good year. 1.5 -1'],
    ['first\n\n\nsecond', 'first¶second'],
    ['👩‍🚀 😀 :)', '👩‍🚀 😀 :)'],
    ['see https://a.example/x(1). Or (http://b.example)!', 'see <https://a.example/x(1) https://a.example/x(1)>. Or (<http://b.example/ http://b.example>)!'],
    ['**https://a.example/**', 'bold(<https://a.example/ https://a.example/>)'],
    ['[the plan](https://a.example/p) [mail](mailto:a@b.example)', '<https://a.example/p the plan> <mailto:a@b.example mail>'],
    ['[**x**](https://a.example)', '<https://a.example/ bold(x)>'],
    ['[bank.example](https://evil.example/)', '[bank.example](<https://evil.example/ https://evil.example/>)'],
    ['[a.example](https://a.example/p)', '<https://a.example/p a.example>'],
    ['https://аpple.example/', '<https://xn--pple-43d.example/ https://xn--pple-43d.example/>'],
    ['[x](javascript:alert(1)) data:text/html,x javascript:alert(1)', '[x](javascript:alert(1)) data:text/html,x javascript:alert(1)'],
    ['https://bank.example@evil.example https://[', 'https://bank.example@evil.example https://['],
    ['<b onclick=x>no</b>', '<b onclick=x>no</b>'],
    ['', ''],
  ];
  for (const [text, tree] of table) it(JSON.stringify(text), () => assert.equal(short(text), tree));

  it('bounds its depth', () => {
    assert.match(short('> '.repeat(50) + 'x'), /^(>\(){6}(> )+x\)+$/);
    assert.ok(short('- '.repeat(50) + 'x').length < 300);
  });

  it('takes anything, loses no letter and makes no link but safe ones', () => {
    const parts = [
      'a', 'Я', '😀', ' ', '\n', '\n\n', '*', '**', '_', '~~', '`', '```', '\n```\n', '> ', '\n- ', '\n1. ', '[', ']', '](', ')', '\\', '\r\n',
      'https://a.example/', 'http://x/', 'mailto:a@b', 'javascript:alert(1)', 'data:,x', 'https://u:p@h.example/', '"', "'", '<', '>', '&', '\u202e', '\u0000',
    ];
    const random = new Random(7);
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: 1 + random.below(60) }, () => parts[random.below(parts.length)]).join('');
      const tree = parseMarkdown(text);
      for (const url of tree.flatMap(links)) assert.match(url, /^(?:https?:\/\/[^/?#@]*(?:[/?#]|$)|mailto:)/, text);
      const letters = (s: string): number => [...s].filter((c) => c === 'Я').length;
      assert.equal(letters(plainText(text)), letters(text), JSON.stringify(text));
    }
  });

  it('gets through what is made to be slow', () => {
    for (const part of ['*a ', '**a ', '_a ', '[', '](', '[a](', '`', '~~a', '> ', '- ', 'https://', 'https://a(', '\\', '*a* _', '((((']) {
      parseMarkdown(part.repeat(textMax / part.length));
    }
  });
});

function links(tree: Block | Inline): string[] {
  const below: (Block | Inline)[] = 'items' in tree ? tree.items.flat() : 'children' in tree ? tree.children : [];
  return [...(tree.kind === 'link' ? [tree.url] : []), ...below.flatMap(links)];
}

describe('safeURL', () => {
  it('takes addresses of the web and of mail', () => {
    assert.equal(safeURL('HTTPS://A.example'), 'https://a.example/');
    for (const bad of ['', 'x', '//a.example', 'ftp://a.example', 'javascript:alert(1)', ' javascript:alert(1)', 'blob:https://a.example/1', 'file:///etc', 'https://a@b.example']) {
      assert.equal(safeURL(bad), null, bad);
    }
  });
});
