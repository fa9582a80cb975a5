import type { DiagnosticReport } from '@parley/client/diagnostics';
import { toChromium } from './chromium.js';

/** A report as a file to keep. */
export function reportFile(report: DiagnosticReport): { name: string; content: Blob } {
  const at = report.createdAt.slice(0, 19).replaceAll(':', '-');
  return { name: `parley-internals-${at}.json`, content: new Blob([JSON.stringify(report)], { type: 'application/json' }) };
}

/** The same in the shape of chrome://webrtc-internals. */
export function chromiumFile(report: DiagnosticReport): { name: string; content: Blob } {
  const at = report.createdAt.slice(0, 19).replaceAll(':', '-');
  return { name: `webrtc-internals-${at}.txt`, content: new Blob([JSON.stringify(toChromium(report))], { type: 'text/plain' }) };
}
