// What the npm package offers, read from its declaration files by TypeScript's own eyes: the model from
// which the API report and the reference pages are made.
//
//   readAPI(dist) -> [{ name, doc, exports: [{ name, kind, doc, signature, members, from }] }]
//
// kind: class, interface, type, function or variable. A member has { name, kind, doc, signature, inherited };
// kind: constructor, property, accessor or method.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-api';

const sdk = fileURLToPath(new URL('../sdk/', import.meta.url));

/** Every entry point of the package that has types, in the order of its manifest. */
export function entryPoints(dist) {
  const { name, exports } = JSON.parse(readFileSync(path.join(sdk, 'package.json'), 'utf8'));
  return Object.entries(exports).filter(([, target]) => target.types).map(([entry, target]) => ({
    name: path.posix.join(name, entry), file: path.join(dist, path.relative('dist', target.types)),
  }));
}

/** `dist` holds the declaration files as the package has them. */
export function readAPI(dist) {
  const entries = entryPoints(dist);
  const program = ts.createProgram(entries.map(({ file }) => file), {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], strict: true, types: [], noEmit: true,
  });
  const [problem] = ts.getPreEmitDiagnostics(program);
  if (problem) throw new Error(ts.formatDiagnostic(problem, { getCanonicalFileName: (f) => f, getCurrentDirectory: () => dist, getNewLine: () => '\n' }));
  const checker = program.getTypeChecker();
  return entries.map(({ name, file }) => {
    const source = program.getSourceFile(file);
    const exports = checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map((symbol) => readExport(checker, symbol));
    return { name, doc: fileDoc(source), exports: exports.sort((a, b) => compare(a.name, b.name)) };
  });
}

function readExport(checker, exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const node = symbol.declarations.find(isDeclared) ?? symbol.declarations[0];
  const from = path.basename(node.getSourceFile().fileName, '.d.ts');
  const base = { name: exported.name, doc: docOf(symbol, checker), from, members: [] };
  if (ts.isClassDeclaration(node)) {
    const members = [...constructors(node, checker), ...statics(node, checker), ...properties(checker.getDeclaredTypeOfSymbol(symbol), symbol, checker)];
    return { ...base, kind: 'class', signature: heading(node, checker), members };
  }
  if (ts.isInterfaceDeclaration(node)) {
    return { ...base, kind: 'interface', signature: heading(node, checker), members: properties(checker.getDeclaredTypeOfSymbol(symbol), symbol, checker) };
  }
  if (ts.isTypeAliasDeclaration(node)) return { ...base, kind: 'type', signature: text(node).replace(/^export /, '').replace(/;$/, '') };
  if (ts.isFunctionDeclaration(node)) {
    return { ...base, kind: 'function', signature: symbol.declarations.map((d) => text(d).replace(/^export (declare )?/, '').replace(/;$/, '')).join('\n') };
  }
  return { ...base, kind: 'variable', signature: `const ${text(node).replace(/;$/, '')}` };
}

const isDeclared = (node) => ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isFunctionDeclaration(node);

/** `class Call extends Emitter<CallEvents>`: up to the brace, with the first base that can be known. */
function heading(node, checker) {
  const [clause] = (node.heritageClauses ?? []).filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  const kind = ts.isClassDeclaration(node) ? 'class' : 'interface';
  const bases = clause?.types.map((base) => {
    const type = checker.getTypeAtLocation(base);
    const inner = type.symbol?.declarations?.find(ts.isClassDeclaration);
    // A class between that only cuts a long one in two.
    if (inner?.modifiers?.some(({ kind: m }) => m === ts.SyntaxKind.AbstractKeyword)) return heading(inner, checker).split(' extends ')[1];
    return checker.typeToString(type);
  });
  return `${kind} ${node.name.text}${bases ? ` extends ${bases.join(', ')}` : ''}`;
}

function constructors(node, checker) {
  return node.members.filter(ts.isConstructorDeclaration).map((member) => ({
    name: 'constructor', kind: 'constructor', doc: docOf(member.symbol, checker), signature: text(member).replace(/^constructor/, `new ${node.name.text}`).replace(/;$/, ''), inherited: '',
  }));
}

function statics(node, checker) {
  return checker.getPropertiesOfType(checker.getTypeOfSymbol(node.symbol)).filter((member) => member.declarations?.some((d) => d.parent === node))
    .map((member) => readMember(member, node.symbol, checker));
}

/** Own members and those of bases in the package; what comes from the browser's own classes is known there. */
function properties(type, owner, checker) {
  return checker.getPropertiesOfType(type).filter((member) => {
    const [declaration] = member.declarations ?? [];
    return declaration && !/node_modules/.test(declaration.getSourceFile().fileName) && !ts.isPrivateIdentifier(declaration.name);
  }).map((member) => readMember(member, owner, checker)).sort(ownFirst);
}

const ownFirst = (a, b) => Number(a.inherited !== '') - Number(b.inherited !== '');

function readMember(member, owner, checker) {
  const declarations = member.declarations.filter((d) => !ts.isSetAccessor(d) || member.declarations.length === 1);
  const [first] = declarations;
  const parent = checker.getSymbolAtLocation(first.parent.name) ?? first.parent.symbol;
  const kind = ts.isMethodDeclaration(first) || ts.isMethodSignature(first) ? 'method' : ts.isAccessor(first) ? 'accessor' : 'property';
  const settable = kind === 'accessor' && member.declarations.some(ts.isSetAccessor);
  return {
    name: member.name, kind, doc: docOf(member, checker), inherited: parent === owner ? '' : parent.name,
    signature: declarations.map((d) => signatureOf(d, kind, settable)).join('\n'),
  };
}

/** An accessor reads like the property that it is to whoever uses it. */
function signatureOf(declaration, kind, settable) {
  const plain = text(declaration).replace(/;$/, '');
  if (kind !== 'accessor') return plain;
  return `${settable ? '' : 'readonly '}${plain.replace(/^((?:static |abstract )*)get (\w+)\(\)/, '$1$2')}`;
}

/** The declaration without its comments, and with its lines at the left. */
function text(node) {
  const source = node.getSourceFile();
  const [start, end] = [node.getStart(source), node.end];
  const cuts = [];
  const visit = (child) => {
    for (const doc of child.jsDoc ?? []) if (doc.pos > start) cuts.push([doc.pos, doc.end]);
    child.forEachChild(visit);
  };
  visit(node);
  let result = '';
  let at = start;
  for (const [from, to] of cuts) {
    result += source.text.slice(at, from).replace(/\s+$/, '\n');
    at = to;
    while (/\s/.test(source.text[at])) at++;
    result += ' '.repeat(at - source.text.lastIndexOf('\n', at) - 1);
  }
  const lines = (result + source.text.slice(at, end)).split('\n');
  const indent = Math.min(...lines.slice(1).map((line) => line.search(/\S/)).filter((n) => n >= 0), Infinity);
  const left = lines.map((line, n) => (n === 0 || indent === Infinity ? line : line.slice(indent))).join('\n');
  return onOneLine(left.replaceAll(/import\('[^']+'\)\./g, ''));
}

/** `{ state: CallState; reason?: EndReason }`, as it is written by hand, where there is room. */
function onOneLine(signature) {
  const flat = signature.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/; \}/g, ' }');
  return flat.length <= 110 ? flat : signature;
}

function docOf(symbol, checker) {
  if (!symbol) return { text: '', tags: [] };
  const tags = symbol.getJsDocTags(checker).map(({ name, text: parts }) => ({ name, text: ts.displayPartsToString(parts) }));
  return { text: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(), tags };
}

/** The comment at the top of the file, which is the entry point's. */
function fileDoc(source) {
  const [range] = ts.getLeadingCommentRanges(source.text, 0) ?? [];
  if (!range || source.text[range.pos + 2] !== '*') return '';
  return source.text.slice(range.pos + 3, range.end - 2).split('\n').map((line) => line.replace(/^\s*\* ?/, '')).join('\n').trim();
}

export const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
