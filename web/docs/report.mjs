// The API report: every export of every entry point, in web/sdk/api.md, so that a change of what others
// build on is seen when it is made.
//
//   node docs/report.mjs          writes it
//   node docs/report.mjs --check  fails when it is not what the sources say, or an export lacks its documentation
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readAPI } from './api.mjs';
import { freshTypes } from './types.mjs';

const file = fileURLToPath(new URL('../sdk/api.md', import.meta.url));

export function report(api) {
  const parts = api.map(({ name, exports }) => `## ${name}\n\n${exports.map(entry).join('\n')}`);
  return '# The API of @parley/client\n\nMade from the types by `npm run api`. What changes here changes for everybody who builds on the package;\n'
    + `a test holds it against the sources.\n\n${parts.join('\n')}`;
}

function entry({ name, kind, doc, signature, members }) {
  const body = members.map((member) => member.signature.replaceAll(/^/gm, '  '));
  const code = kind === 'class' || kind === 'interface' ? `${signature} {\n${body.join(';\n')}${body.length > 0 ? ';' : ''}\n}` : signature;
  return `### ${name}\n\n${firstSentence(doc.text)}\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
}

export function firstSentence(text) {
  const paragraph = text.split(/\n\s*\n/)[0].replaceAll(/\s+/g, ' ').trim();
  return /^.*?[.:](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph;
}

/** Exports whose documentation lacks even its first sentence. */
export function undocumented(api) {
  return api.flatMap(({ name, exports }) => exports.filter(({ doc }) => firstSentence(doc.text) === '').map((e) => `undocumented export: ${e.name} of ${name}`));
}

/** The first lines in which two texts differ, for people. */
export function difference(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const known = new Set(old);
  const wanted = new Set(now);
  const lines = [...old.filter((line) => !wanted.has(line)).map((line) => `- ${line}`), ...now.filter((line) => !known.has(line)).map((line) => `+ ${line}`)];
  return lines.slice(0, 40).join('\n');
}

/** What is wrong with the report, as sentences; empty if nothing is. */
export async function complaints() {
  const api = readAPI(await freshTypes());
  const written = await readFile(file, 'utf8').catch(() => '');
  const now = report(api);
  const changed = written === now ? [] : [`web/sdk/api.md is not what the sources say. If the change is meant, run "npm run api" in web/ and commit it:\n${difference(written, now)}`];
  return [...undocumented(api), ...changed];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) await writeFile(file, report(readAPI(await freshTypes())));
  const faults = process.argv.includes('--check') ? await complaints() : undocumented(readAPI(await freshTypes()));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
