/** What changed between two texts, line by line. */

export interface DiffLine { sign: ' ' | '+' | '-'; line: string }
/** Equal lines that are of no interest are counted only. */
export type Folded = DiffLine | { equal: number };

/** Lines times lines that are compared one by one; beyond it all of the middle counts as another one. */
const cellsMax = 4_000_000;
const around = 2;

export function diffLines(before: string, after: string): DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (line: string): DiffLine => ({ sign: ' ', line });
  return [
    ...a.slice(0, head).map(same), ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)), ...a.slice(a.length - tail).map(same),
  ];
}

/** Keeps what changed, and the lines around it. */
export function fold(lines: readonly DiffLine[]): Folded[] {
  const near = (index: number): boolean => lines.slice(Math.max(0, index - around), index + around + 1).some(({ sign }) => sign !== ' ');
  const result: Folded[] = [];
  lines.forEach((line, index) => {
    // What media a section is of says where one is.
    if (near(index) || (line.line.startsWith('m=') && lines.some(({ sign }) => sign !== ' '))) return void result.push(line);
    const last = result.at(-1);
    if (last && 'equal' in last) last.equal++;
    else result.push({ equal: 1 });
  });
  return result;
}

export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/).filter((line) => line !== '');
}

/** By the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const removed = a.map((line): DiffLine => ({ sign: '-', line }));
  const added = b.map((line): DiffLine => ({ sign: '+', line }));
  if (a.length === 0 || b.length === 0 || a.length * b.length > cellsMax) return [...removed, ...added];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const result: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      result.push({ sign: ' ', line: a[i] ?? '' });
      i++;
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      result.push(removed[i++] ?? { sign: '-', line: '' });
    } else {
      result.push(added[j++] ?? { sign: '+', line: '' });
    }
  }
  return result;
}
