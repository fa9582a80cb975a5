/** The result of the connection test as a file, and as text to send to somebody. Pure. */
import type { Results } from './results.js';
import type { Verdict } from './verdict.js';

export interface CheckReport {
  format: 'parley-check/1';
  createdAt: string;
  server: string;
  userAgent: string;
  verdict: Verdict | null;
  results: Results;
}

interface Facts { createdAt: string; server: string; userAgent: string; addresses: boolean }

/** No credentials are in the results; the machine's addresses only where they were asked for. */
export function reportOf(results: Results, verdict: Verdict | null, { createdAt, server, userAgent, addresses }: Facts): CheckReport {
  const { families, ...others } = results;
  const shown = families && { ...families, addresses: addresses ? families.addresses : [] };
  return { format: 'parley-check/1', createdAt, server, userAgent, verdict, results: { ...others, ...(shown ? { families: shown } : {}) } };
}
