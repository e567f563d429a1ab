import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import type { Counters } from '../storage/ports/export_states.ts';
import type { ExportInfo } from '../storage/ports/exports.ts';
import type { IngestEnd, IngestResult } from './ingest_result.ts';

/** The result of reading many exports. */
export interface CaughtUp {
  readonly segments: number;
  readonly rows: number;
  readonly counters: Counters;
  /** Reads by their end. */
  readonly ends: Readonly<Record<IngestEnd, number>>;
  /** When the leases of other workers end (ms since the epoch), one per leased export. */
  readonly leaseEnds: readonly number[];
  /** container/name, and why. */
  readonly failed: readonly { readonly export: string; readonly reason: string }[];
}

/**
 * Reads many exports to their ends, `parallel` at a time. Leases separate it from the scheduled ingest: both can run at
 * once, and it can be stopped and repeated at any time. A failure of one export does not stop the others. When `signal` is
 * aborted, it starts no further export, and those in progress release their leases.
 */
export async function catchUp(
  app: { readOn(ref: ExportInfo, signal?: AbortSignal): Promise<IngestResult> },
  exports: readonly ExportInfo[],
  parallel: number,
  onRead: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<CaughtUp> {
  const ends = { 'up-to-date': 0, more: 0, stopped: 0, leased: 0, 'backing-off': 0, refused: 0, gone: 0 };
  const failed: { export: string; reason: string }[] = [];
  let segments = 0;
  let rows = 0;
  let counters = NO_COUNTERS;
  const leaseEnds: number[] = [];
  const waiting = [...exports].reverse();
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (signal?.aborted) return;
      try {
        const result = await app.readOn(next, signal);
        ends[result.end]++;
        if (result.leaseEnds !== undefined) leaseEnds.push(result.leaseEnds);
        segments += result.segments;
        rows += result.rows;
        counters = addCounters(counters, result.counters);
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        failed.push({ export: `${next.container}/${next.name}`, reason });
      }
      onRead(next.length);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return { segments, rows, counters, ends, leaseEnds, failed };
}
