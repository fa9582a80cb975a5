// Lighthouse over the pages that a person may open first, on a phone and on a desktop.
//
//   node web/app/lighthouse.mjs [--only=/,/check]
//
// Accessibility and best practices must be without a fault. Performance is judged by what does not
// depend on the machine it runs on: bytes, requests, shifts of the layout. Its score is printed only.
// PARLEY_BINARY names a built binary; else one is built.
import lighthouse from 'lighthouse';
import { World } from './test/browser/world.mjs';

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length).split(',');
const pages = ['/', '/r/k3vq-9xwd-mm2t-7hcp', '/check', '/internals', '/learn', '/docs/'].filter((page) => !only || only.includes(page));
const forms = {
  phone: { formFactor: 'mobile' },
  desktop: { formFactor: 'desktop', screenEmulation: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1, disabled: false } },
};
const limits = { bytes: 150 * 1024, requests: 40, layoutShift: 0.1, domNodes: 1_000 };
/** A room goes on to load every feature of the call. */
const limitsOfRoom = { ...limits, bytes: 200 * 1024 };

const world = await World.create();
const faults = [];
try {
  const browser = await world.browser({ person: 'ann' });
  const port = Number(new URL(browser.wsEndpoint()).port);
  for (const page of pages) {
    for (const [form, settings] of Object.entries(forms)) await look(page, form, { ...settings, port, logLevel: 'silent' });
  }
} finally {
  await world.close();
}
for (const fault of faults) console.error(fault);
console.log(`${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function look(page, form, flags) {
  const { lhr } = await lighthouse(world.origin + page, { ...flags, onlyCategories: ['performance', 'accessibility', 'best-practices'] });
  const at = `${page} on a ${form}`;
  if (lhr.runtimeError) return faults.push(`${at}: ${lhr.runtimeError.message}`);
  const score = (name) => lhr.categories[name].score;
  for (const category of ['accessibility', 'best-practices']) {
    if (score(category) === 1) continue;
    for (const { id } of lhr.categories[category].auditRefs) {
      const { score: audit, title, details } = lhr.audits[id];
      if (audit !== null && audit < 1) faults.push(`${at}: ${id}: ${title} ${JSON.stringify(details?.items?.slice(0, 3) ?? [])}`);
    }
  }
  const items = lhr.audits['network-requests'].details.items;
  const figures = {
    bytes: lhr.audits['total-byte-weight'].numericValue, requests: items.length,
    layoutShift: lhr.audits['cumulative-layout-shift'].numericValue, domNodes: lhr.audits['dom-size']?.numericValue ?? 0,
  };
  for (const [name, limit] of Object.entries(page.startsWith('/r/') ? limitsOfRoom : limits)) {
    if (figures[name] > limit) faults.push(`${at}: ${name} is ${figures[name]}, the limit ${limit}`);
  }
  const percent = (name) => Math.round(score(name) * 100);
  console.log(`${at}: accessibility ${percent('accessibility')}, best practices ${percent('best-practices')}, performance ${percent('performance')}; ${
    Math.round(figures.bytes / 1024)} KB in ${figures.requests} requests, layout shift ${figures.layoutShift.toFixed(3)}`);
}
