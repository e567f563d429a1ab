import { FRESH_MS } from '../core/detections/lifecycle.ts';
import { bin } from '../core/kql/bin.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import { addMs, msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { counted } from '../core/text/numbers.ts';
import { isInFuture } from '../scoring/window_end.ts';
import type { Run, Runs } from '../storage/ports/runs.ts';

/** The scoring runs of the last days. */
export interface RunHistory {
  /** The newest window with a run, of those that have ended; null where there was none within two days. */
  readonly lastRun: { readonly asOf: Timestamp; readonly partitions: number; readonly endedAt: string } | null;
  /** Full hours of the last two days without a run, between hours that have one. */
  readonly unscoredHours: readonly Timestamp[];
  /** The newest counted report that the runs know; '' for none. */
  readonly newestReport: Timestamp | '';
  /** The end of the latest window in the future that has a run; null for none. */
  readonly futureRun: Timestamp | null;
  /** Rows of HourlyCounts that the newest run with such rows skipped, and a sentence on one of them ('' for none). */
  readonly badRows: number;
  readonly badRow: string;
  /** The newest fault of a count file, as a sentence; '' for none. */
  readonly fileFault: string;
  /** What the context of the newest run lacks, as a sentence; '' for nothing. */
  readonly contextFault: string;
  /** Runs in a row, up to the newest, without a context. */
  readonly runsWithoutContext: number;
}

const RECENT_MS = 48 * HOUR_MS;
/** Runs before the last two days show whether an hour at their start has no run. */
const READ_MS = 72 * HOUR_MS;

export async function runHistory(runs: Runs, now: number): Promise<RunHistory> {
  const recent = addMs(timestampFromMs(now), -RECENT_MS);
  const hours = new Set<Timestamp>();
  let last: RunHistory['lastRun'] = null;
  let endedAt = 0;
  let newestReport: Timestamp | '' = '';
  let futureRun: Timestamp | null = null;
  let badRows = 0;
  let badRow = '';
  let badRowsOf: Timestamp | '' = '';
  let fileFault = '';
  const contexts = new Map<Timestamp, ContextOfRun>();
  for await (const run of runs.since(addMs(timestampFromMs(now), -READ_MS))) {
    if (isInFuture(run.asOf, now)) {
      futureRun = run.asOf;
      continue;
    }
    hours.add(bin(run.asOf, '1h'));
    if (run.newestReport > newestReport) newestReport = run.newestReport;
    if (run.asOf < recent) continue;
    const isOfLast: boolean = last?.asOf === run.asOf;
    const partitions: number = isOfLast ? (last?.partitions ?? 0) + 1 : 1;
    endedAt = isOfLast ? Math.max(endedAt, run.endedAt) : run.endedAt;
    // A run reads only what is new, so the runs after it do not meet the row again.
    if (run.badRows > 0) {
      badRows = badRowsOf === run.asOf ? badRows + run.badRows : run.badRows;
      badRow = run.badRow;
      badRowsOf = run.asOf;
    }
    fileFault = run.fileFault || fileFault;
    contexts.set(run.asOf, contextOf(run, contexts.get(run.asOf)));
    last = { asOf: run.asOf, partitions, endedAt: new Date(endedAt).toISOString() };
  }
  return {
    lastRun: last,
    unscoredHours: gapsIn([...hours], recent),
    newestReport,
    futureRun,
    badRows,
    badRow,
    fileFault,
    ...contextHistory([...contexts.values()]),
  };
}

type ContextOfRun = Pick<Run, 'contextPartitions' | 'contextFault'>;

/** The partitions of a run have the same context, but for requests that storage refused to one of them: its fault is longer. */
function contextOf(run: Run, others: ContextOfRun = { contextPartitions: 0, contextFault: '' }): ContextOfRun {
  const isLonger = run.contextFault.length > others.contextFault.length;
  return {
    contextPartitions: run.contextPartitions === 0 ? others.contextPartitions : run.contextPartitions,
    contextFault: isLonger ? run.contextFault : others.contextFault,
  };
}

function contextHistory(runs: readonly ContextOfRun[]) {
  const last = runs.findLastIndex(({ contextPartitions }) => contextPartitions !== 0);
  return { contextFault: runs.at(-1)?.contextFault ?? '', runsWithoutContext: runs.length - 1 - last };
}

/** The hours after `from` that are missing between the first and the last of these, which come in order. */
function gapsIn(hours: readonly Timestamp[], from: Timestamp): Timestamp[] {
  const gaps: Timestamp[] = [];
  for (const [index, hour] of hours.entries()) {
    const next = hours[index + 1];
    if (next === undefined) break;
    for (let each = addMs(hour, HOUR_MS); each < next; each = addMs(each, HOUR_MS)) if (each >= from) gaps.push(each);
  }
  return gaps;
}

const MAX_NAMED_HOURS = 6;

/** A sentence for each problem of the runs, apart from the time and the partitions of the last one. */
export function runProblems(
  { unscoredHours, newestReport, futureRun, badRows, badRow, fileFault, contextFault, runsWithoutContext }: RunHistory,
  now: number,
): string[] {
  const problems: string[] = [];
  if (futureRun !== null) {
    problems.push(
      `A run scored the window up to ${futureRun}, which has not ended: a clock was ahead, or is late now. ` +
        'Detections that it changed stay as they are until then.',
    );
  }
  if (newestReport !== '' && now - msOf(newestReport) > FRESH_MS) {
    const hours = ((now - msOf(newestReport)) / HOUR_MS).toFixed(1);
    problems.push(
      `The newest counted report is of ${newestReport}, ${hours} h before this clock: ` +
        'the exporter is silent, or the clock is ahead. Old rows are kept until newer reports arrive.',
    );
  }
  if (unscoredHours.length > 0) {
    const named = unscoredHours.slice(0, MAX_NAMED_HOURS).map((hour) => hour.slice(0, 16));
    const more = unscoredHours.length > named.length ? ` and ${unscoredHours.length - named.length} more` : '';
    problems.push(
      `Windows of the last two days without a run, by their end (UTC): ${named.join(', ')}${more}: ` +
        'see the log of scoreWindows.',
    );
  }
  if (badRows > 0)
    problems.push(
      `A run of the last two days skipped ${counted(badRows, 'stored row')}: ${badRow}. Repair or remove such rows.`,
    );
  if (fileFault !== '') problems.push(`A run of the last two days: ${fileFault}.`);
  // The first run never has a context.
  if (runsWithoutContext > 1) {
    problems.push(
      `The last ${runsWithoutContext} runs had no context, so no new detection is notified: ${contextFault}. ` +
        'See the log of scoreWindows.',
    );
  } else if (runsWithoutContext === 0 && contextFault !== '') {
    problems.push(`The context of the last run is not whole: ${contextFault}.`);
  }
  return problems;
}
