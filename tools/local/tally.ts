import type { Invocation } from './functions_host.ts';

/** Totals of the functions' log lines so far. */
export class Tally {
  invocations = 0;
  segments = 0;
  reports = 0;
  /** Merged rows; a repeated report counts each time. */
  rows = 0;
  /** Invocations that threw; their message or blob is delivered again. */
  failures = 0;
  /** End of the last invocation (performance.now()). */
  lastAt = performance.now();

  add({ function: name, logs, error }: Invocation): void {
    this.invocations++;
    this.lastAt = performance.now();
    if (error !== undefined) {
      this.failures++;
      return;
    }
    if (name !== 'ingestExport' && name !== 'ingestQueued') return;
    for (const line of logs) {
      const { segments, rows, counters } = JSON.parse(line) as IngestLine;
      this.segments += segments;
      this.rows += rows;
      this.reports += counters.reports;
    }
  }
}

interface IngestLine {
  readonly segments: number;
  readonly rows: number;
  readonly counters: { readonly reports: number };
}
