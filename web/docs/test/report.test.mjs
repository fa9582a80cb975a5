import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, difference, firstSentence, report, undocumented } from '../report.mjs';

test('the API report is what the sources say, and every export has its documentation', async () => {
  assert.deepEqual(await complaints(), []);
});

test('an export without documentation is told', () => {
  const bare = { name: 'bare', kind: 'function', doc: { text: '', tags: [] }, signature: 'function bare(): void', members: [] };
  assert.deepEqual(undocumented([{ name: 'package', doc: '', exports: [bare] }]), ['undocumented export: bare of package']);
});

test('a change of a signature is a change of the report', () => {
  const api = (signature) => [{ name: 'package', doc: '', exports: [{ name: 'join', kind: 'function', doc: { text: 'Enters. More.', tags: [] }, signature, members: [] }] }];
  const [before, after] = [report(api('function join(): void')), report(api('function join(url: string): void'))];
  assert.equal(difference(before, after), '- function join(): void\n+ function join(url: string): void');
  assert.match(before, /\nEnters\.\n/);
});

test('first sentences', () => {
  assert.equal(firstSentence('One\ntwo. Three.'), 'One two.');
  assert.equal(firstSentence('No end'), 'No end');
  assert.equal(firstSentence('Like 0.5 of it. More'), 'Like 0.5 of it.');
});
