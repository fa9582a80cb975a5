// Measures how long it takes from join() to the first remote frame, in real
// browsers, as a ratio to what the same browser needs between two connections in one
// page. Both are measured in turns in the same run.
//
//   node bench/join/join.mjs [--runs 12] [--binary bin/parley] [--out bench/results] [--pairs chromium-chromium,...]

import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { launch, versions } from './browsers.mjs';
import { startParley } from './server.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const esbuild = createRequire(path.join(root, 'web/package.json'))('esbuild');

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '12' },
    binary: { type: 'string', default: path.join(root, 'bin/parley') },
    out: { type: 'string', default: path.join(root, 'bench/results') },
    pairs: { type: 'string', default: 'chromium-chromium,firefox-firefox,firefox-chromium,chromium-firefox' },
  },
});
const runs = Number(options.runs);

/** Serves the page of the measurement from an origin of its own, without the app around it. */
async function servePage() {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.join(root, 'bench/join/page.ts')], bundle: true, write: false, format: 'iife', target: 'es2022',
    alias: { '@parley/client': path.join(root, 'web/sdk/src/index.ts') },
    tsconfig: path.join(root, 'web/tsconfig.base.json'),
  });
  const script = outputFiles[0].text;
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>join</title><body><script src="/page.js"></script>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

async function until(what, condition, mostMs = 20_000) {
  const end = Date.now() + mostMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${mostMs} ms for ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** One pair: the first page waits in the room, the second joins again and again. */
async function measurePair(waits, joins, site, parley) {
  const browsers = [await launch(waits), await launch(joins)];
  try {
    const pages = [];
    for (const browser of browsers) {
      const page = await browser.newPage();
      await page.goto(site.url);
      pages.push(page);
    }
    const [first, second] = pages;
    await first.evaluate(() => window.bench.prepare());
    const room = `${parley.url}/r/bench-${waits}-${joins}-${Date.now().toString(36)}`;
    await first.evaluate((url) => window.bench.enter(url), room);
    const result = { floors: [[], []], join: [], frame: [], paths: {} };
    for (let run = -1; run < runs; run += 1) {
      await second.evaluate(() => window.bench.prepare());
      const floors = [await first.evaluate(() => window.bench.floor()), await second.evaluate(() => window.bench.floor())];
      const got = await second.evaluate((url) => window.bench.joinOnce(url), room);
      await second.evaluate(() => window.bench.leave());
      await until('the room to be empty', async () => (await first.evaluate(() => window.bench.others())).present === 0);
      if (run < 0) continue; // the first time pays for code and codecs being loaded
      floors.forEach((ms, i) => result.floors[i].push(ms));
      result.join.push(got.joinMs);
      result.frame.push(got.frameMs);
      result.paths[got.path] = (result.paths[got.path] ?? 0) + 1;
    }
    return result;
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
  }
}

/** As in bench/load/report.go. */
function spreadOf(values) {
  const v = [...values].sort((a, b) => a - b);
  const middle = v.length / 2;
  const median = v.length % 2 ? v[Math.floor(middle)] : (v[middle - 1] + v[middle]) / 2;
  return { n: v.length, min: v[0], median, p90: v[Math.ceil(v.length * 0.9) - 1], max: v.at(-1) };
}

function figure(what, values, floor) {
  const row = { what, unit: 'ms', value: spreadOf(values) };
  if (floor) {
    row.floor = spreadOf(floor);
    row.ratio = row.value.median / row.floor.median;
    row.ratio_p90 = row.value.p90 / row.floor.p90;
  }
  return row;
}

const whole = (ms) => ms.toFixed(0);

function line({ what, value, floor, ratio, ratio_p90: ratioP90 }) {
  const beside = floor ? [`${whole(floor.median)} / ${whole(floor.p90)}`, `${ratio.toFixed(2)} / ${ratioP90.toFixed(2)}`] : ['', ''];
  return `| ${[what, `${whole(value.median)} / ${whole(value.p90)}`, `${whole(value.min)}-${whole(value.max)}`, value.n, ...beside].join(' | ')} |`;
}

async function main() {
  const site = await servePage();
  const parley = await startParley(options.binary, ['--allow-origin', site.url]);
  const rows = [];
  try {
    for (const pair of options.pairs.split(',')) {
      const [waits, joins] = pair.split('-');
      const got = await measurePair(waits, joins, site, parley);
      // Between different browsers neither can be faster than the slower one is with itself.
      const floor = spreadOf(got.floors[0]).median > spreadOf(got.floors[1]).median ? got.floors[0] : got.floors[1];
      const paths = Object.entries(got.paths).map(([kind, n]) => `${kind} ${n}`).join(', ');
      rows.push(figure(`${joins} joins ${waits}: join() to first remote frame (path: ${paths})`, got.frame, floor));
      rows.push(figure(`${joins} joins ${waits}: join() until in the room`, got.join));
      console.log(rows.slice(-2).map(line).join('\n'));
    }
  } finally {
    site.close();
    await parley.stop();
  }
  await report(rows);
}

async function report(rows) {
  const result = {
    name: 'join',
    version: execFileSync(options.binary, ['version']).toString().trim(),
    machine: `${os.type()} ${os.arch()}, ${os.cpus().length} cores, ${versions().join(', ')}`,
    date: new Date().toISOString().slice(0, 10),
    rows,
  };
  const base = path.join(options.out, `${result.date}-join`);
  await mkdir(options.out, { recursive: true });
  await writeFile(`${base}.json`, `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(`${base}.md`, [
    `# join, ${result.date}`, '', `${result.version}; ${result.machine}`, '',
    'Milliseconds, median / p90. The floor is two connections in one page of the same browser, from addTrack to the first',
    'frame shown, with the same tracks, measured in turns with the joins; of two browsers the slower one\'s floor counts.', '',
    '| what | median / p90 | min-max | n | floor | ratio |', '|---|---|---|---|---|---|', ...rows.map(line), '',
  ].join('\n'));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
