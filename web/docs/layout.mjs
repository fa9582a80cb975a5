// The frame of every page of the documentation.
import { escape } from './colour.mjs';

const mark = '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path class="there" d="M15 11.5h5.5a5.8 5.8 0 0 1 0 11.6H15.5z"/><path class="here" d="M5.5 24V13.5A6.7 6.7 0 0 1 12.2 6.8h2a6.7 6.7 0 0 1 0 13.4H10.5z"/></svg>';
const glass = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="11" cy="11" r="6"/><path d="m15.5 15.5 4.5 4.5"/></svg>';

/** `page`: { path, title, description, html, headings }; `nav`: [{ title, pages: [{ path, title }] }]; `assets`: { css, js, icon, index }. */
export function layout(page, nav, assets) {
  const all = nav.flatMap(({ pages }) => pages);
  const at = all.findIndex(({ path }) => path === page.path);
  const title = page.path === '/docs/' ? 'Parley SDK' : `${page.title} · Parley SDK`;
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>${escape(title)}</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="description" content="${escape(page.description)}">
  <meta name="color-scheme" content="light dark">
  <link rel="icon" href="${assets.icon}" type="image/svg+xml">
  <link rel="stylesheet" href="${assets.css}">
  <script type="module" src="${assets.js}"></script>
</head>
<body data-index="${assets.index}">
<a class="skip" href="#main">Skip to the text</a>
<header class="top">
  <a class="brand" href="/docs/">${mark}<span>Parley <span class="soft">SDK</span></span></a>
  <button class="search-button" type="button" aria-label="Search" hidden>${glass}<span>Search</span><kbd>/</kbd></button>
  <a class="app-link" href="/">Open Parley</a>
</header>
<div class="frame">
  <nav class="side" aria-label="Documentation"><details><summary>Contents</summary>${groups(nav, page.path)}</details></nav>
  <main id="main" tabindex="-1">
    <article>${page.html}</article>
    ${neighbours(all[at - 1], all[at + 1])}
  </main>
  ${contents(page.headings)}
</div>
</body>
</html>
`;
}

function groups(nav, path) {
  return nav.map(({ title, pages }) => `<h2>${escape(title)}</h2><ul>${pages.map((page) => {
    const here = page.path === path ? ' aria-current="page"' : '';
    return `<li><a href="${page.path}"${here}>${escape(page.title)}</a></li>`;
  }).join('')}</ul>`).join('');
}

function contents(headings) {
  const shown = headings.filter(({ level }) => level === 2);
  if (shown.length < 2) return '<div class="aside"></div>';
  return `<nav class="aside" aria-label="On this page"><h2>On this page</h2><ul>${shown.map(({ id, text }) => `<li><a href="#${id}">${escape(text)}</a></li>`).join('')}</ul></nav>`;
}

function neighbours(before, after) {
  const link = (page, word, kind) => (page ? `<a class="${kind}" href="${page.path}"><span>${word}</span>${escape(page.title)}</a>` : '<span></span>');
  return `<nav class="neighbours" aria-label="Next and previous page">${link(before, 'Before', 'before')}${link(after, 'Next', 'after')}</nav>`;
}
