import type { DiagnosticReport } from '@parley/client/diagnostics';

/** A report as a file to keep. */
export function reportFile(report: DiagnosticReport): { name: string; content: Blob } {
  const at = report.createdAt.slice(0, 19).replaceAll(':', '-');
  return { name: `parley-internals-${at}.json`, content: new Blob([JSON.stringify(report)], { type: 'application/json' }) };
}
