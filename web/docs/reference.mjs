// The reference: one page per entry point, from the model of api.mjs.
import { colour, escape } from './colour.mjs';
import { markdown } from './markdown.mjs';
import { firstSentence } from './report.mjs';

const kinds = [['class', 'Classes'], ['function', 'Functions'], ['interface', 'Interfaces'], ['type', 'Types'], ['variable', 'Values']];

export const referencePath = (name) => `/docs/reference/${name.split('/')[2] ?? 'client'}/`;

/** Name of an export, or of a member as Call.leave -> its address. A name that two entry points have belongs to the first. */
export function addresses(api) {
  const known = new Map();
  for (const { name, exports } of api) {
    for (const entry of exports) {
      if (known.has(entry.name)) continue;
      const address = `${referencePath(name)}#${entry.name}`;
      known.set(entry.name, address);
      for (const member of shownMembers(entry)) known.set(`${entry.name}.${member.name}`, `${address}.${member.name}`);
    }
  }
  return known;
}

/** Those that have their place with the export: its own, and those of the class that Call was cut from. Errors are called like their class. */
function shownMembers({ name, members }) {
  return members.filter(({ inherited, signature }) => (inherited === '' || inherited === 'ModeratedRoom') && signature !== `readonly name = "${name}"`);
}

/** -> [{ path, title, description, html, headings, texts }] */
export function referencePages(api) {
  const known = addresses(api);
  return api.map((module) => referencePage(module, known));
}

function referencePage({ name, doc, exports }, known) {
  const path = referencePath(name);
  const sections = kinds.map(([kind, title]) => [kind, title, exports.filter((entry) => entry.kind === kind)]).filter(([, , entries]) => entries.length > 0);
  const headings = sections.map(([kind, text]) => ({ level: 2, id: `all-${kind}`, text }));
  const html = `<p class="kicker">Reference</p><h1>${escape(name)}</h1>${prose(opening(doc), known)}
    <pre class="code"><code>${colour(`import { … } from '${name}';`, 'ts')}</code></pre>${overview(sections)}
    ${sections.map(([kind, title, entries]) => `<h2 id="all-${kind}">${title}</h2>${entries.map((entry) => writeEntry(entry, known)).join('')}`).join('')}`;
  const texts = [{ id: '', title: name, text: firstSentence(doc) }, ...exports.flatMap(searchTexts)];
  return { path, title: name, description: `Every export of ${name}. ${firstSentence(doc)}`, html, headings, texts };
}

/** Of the comment of a file what comes before its first example: the guide tells the rest. */
const opening = (doc) => doc.split(/\n\n {4}/)[0].replace(/:?\s*An entry point of its own:$/, '.');

const searchTexts = ({ name, doc, members }) => [
  { id: name, title: name, text: firstSentence(doc.text) },
  ...shownMembers({ name, members }).filter(({ kind }) => kind !== 'constructor')
    .map((member) => ({ id: `${name}.${member.name}`, title: `${name}.${member.name}`, text: firstSentence(member.doc.text) })),
];

function overview(sections) {
  return sections.map(([, title, entries]) => `<div class="overview"><h2 class="small">${title}</h2><ul>${entries.map(({ name }) => `<li><a href="#${name}"><code>${name}</code></a></li>`).join('')}</ul></div>`).join('');
}

function writeEntry({ name, kind, doc, signature, members }, known) {
  const own = shownMembers({ name, members });
  const more = members.filter(({ inherited }) => inherited !== '' && inherited !== 'ModeratedRoom');
  const events = /extends Emitter<(\w+)>/.exec(signature)?.[1];
  const listens = events ? `<p class="events">Events: ${reference(events, known)}, listened to by <code>on</code>, <code>once</code> and <code>off</code>; <code>on</code> returns the unsubscribe.</p>` : '';
  const inherited = more.filter((member) => member.inherited !== 'Emitter');
  const from = inherited.length > 0 ? `<p class="events">Also has what ${[...new Set(inherited.map((member) => member.inherited))].map((base) => reference(base, known)).join(', ')} has: ${inherited.map((member) => `<code>${member.name}</code>`).join(', ')}.</p>` : '';
  return `<section class="entry"><h3 id="${name}"><code>${name}</code> <span class="kind">${kind}</span> <a class="anchor" href="#${name}" aria-label="Link to ${name}">#</a></h3>
    ${prose(doc.text, known)}<pre class="code"><code>${colour(signature, 'ts', linkOf(known, name))}</code></pre>${listens}
    ${own.length > 0 ? `<dl>${own.map((member) => writeMember(member, name, known)).join('')}</dl>` : ''}${from}</section>`;
}

function writeMember({ name, signature, doc }, owner, known) {
  const id = `${owner}.${name}`;
  const text = doc.text ? prose(doc.text, known) : '';
  const code = colour(signature, 'ts', linkOf(known, '')).replace(named(name), (whole) => `<b>${whole}</b>`);
  return `<dt id="${id}"><code>${code}</code></dt><dd>${text}</dd>`;
}

/** Where a member's own name stands in its coloured signature. */
const named = (name) => (/^\w+$/.test(name) ? new RegExp(`\\b${name}\\b(?=\\??:|</span>(?:&lt;|\\())`) : new RegExp(`<span class="string">'${name}'</span>`));

const linkOf = (known, self) => (name) => (name !== self && /^[A-Z]/.test(name) ? known.get(name) ?? null : null);

function reference(name, known) {
  const address = known.get(name);
  return address ? `<a href="${address}"><code>${name}</code></a>` : `<code>${name}</code>`;
}

/** A comment of the sources as text: its lists are lists, its names are links. */
function prose(text, known) {
  const names = /(?<![\w`'.-])([A-Z][A-Za-z]+)(\.[a-zA-Z]+)?(?![\w`'-])/g;
  const linked = text.replaceAll(names, (whole, name, member = '') => (known.has(name) ? `\`${name}${member}\`` : whole))
    .replaceAll(/(?<=^|[\s(])('[a-z-]*')(?=[\s,:;.)]|$)/gm, '`$1`').replaceAll('<parley-call>', '`<parley-call>`');
  return markdown(linked, { span: (name) => spanOf(name, known) }).html;
}

/** What stands in backquotes, as a link where it names an export. */
export function spanOf(text, known) {
  const [, name] = /^(?:new )?([A-Za-z]\w+)(?:\.\w+)?(?:\(.*\))?$/.exec(text) ?? [];
  const address = name && /^([A-Z]|join$|newRoom)/.test(name) ? known.get(name) : null;
  return address ? `<a href="${address}"><code>${escape(text)}</code></a>` : `<code>${escape(text)}</code>`;
}

