import { pendingStateOf } from '../core/detections/pending_state.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { addMs, timestampFromMs } from '../core/kql/timestamp.ts';
import type { Source } from '../core/records/report.ts';
import { unknownShapeText } from '../core/records/unknown_shape.ts';
import { counted } from '../core/text/numbers.ts';
import { hasActive, REPLACED } from '../ingest/export_state.ts';
import { type SweepSettings, unread } from '../ingest/sweep.ts';
import { knownSinks } from '../notify/sink_states.ts';
import { PROBE_LINES } from '../reading/report_reader.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';

/** An export that cannot be read at present, and why. */
export interface StuckExport {
  /** container/name, as `replay` takes it. */
  readonly export: string;
  readonly reason: string;
  readonly failures: number;
  /** ISO 8601; '' where there is no automatic retry. */
  readonly nextTry: string;
}

export interface NotificationCounts {
  readonly pending: number;
  /** Pending ones that were tried already. */
  readonly trying: number;
  /** More are pending: of each partition at most a thousand are counted. */
  readonly more: boolean;
  readonly failed: number;
}

/** The health of the system at a glance. */
export interface Health {
  /** Problems that need attention, a sentence each with the next step; empty for none. */
  readonly problems: readonly string[];
  readonly lastRun: { readonly asOf: Timestamp; readonly partitions: number; readonly endedAt: string } | null;
  /** Exports with unread data, and how long the oldest has waited (ms). */
  readonly unread: { readonly exports: number; readonly oldestMs: number };
  readonly failing: readonly StuckExport[];
  readonly refused: readonly StuckExport[];
  readonly missingContainers: readonly string[];
  readonly deadLetters: number;
  /** Records that carry the mark of an active source in a shape that no format knows. */
  readonly unknownShapes: number;
  /** By sink: pending notifications, those of them that were tried already, and failed ones. */
  readonly notifications: Readonly<Record<string, NotificationCounts>>;
  readonly disabledSinks: readonly string[];
  /** Waiting messages by queue. */
  readonly queues: Readonly<Record<string, number>>;
}

/** The system scores each hour and reads every five minutes: two hours without are a problem. */
const MAX_SILENCE_MS = 2 * HOUR_MS;
/** Rows of a page of the outbox at most. */
const PAGE_ROWS = 1000;
/** Failures of a sink in a row that are a problem; fewer are transient. */
const MIN_FAILURES = 3;

/** Checks the runs, exports, sinks and queues. Reads only. `sinkFaults`: the faults of skipped sinks in the settings. */
export async function health(
  stores: Stores,
  settings: SweepSettings,
  sinks: readonly string[],
  clock: Clock,
  sinkFaults: readonly string[] = [],
): Promise<Health> {
  const now = clock();
  const { exports, oldestUnreadMs, missingContainers } = await unread(stores, settings, clock);
  // An export whose data is older than the retention would add nothing.
  const kept = now - settings.retentionDays * 24 * HOUR_MS;
  const states = await statesOf(stores, settings.containers);
  const known = await knownSinks(stores);
  const recent = states.filter(({ lastModified }) => lastModified >= kept);
  const counts = await notifications(stores, sinks, known);
  // A sink that was taken out of the settings is no problem once nothing is pending for it.
  const inUse = known.filter(({ name }) => sinks.includes(name) || (counts[name]?.pending ?? 0) > 0);
  const facts = {
    lastRun: await lastRun(stores, now),
    unread: { exports: exports.length, oldestMs: oldestUnreadMs },
    failing: recent.filter(({ failures }) => failures > 0).map(stuckExport),
    refused: recent.filter(({ refused }) => refused).map(stuckExport),
    missingContainers,
    deadLetters: states.reduce((sum, { counters }) => sum + counters.deadLetters, 0),
    unknownShapes: states.reduce((sum, { counters }) => sum + counters.unknownShapes, 0),
    notifications: counts,
    disabledSinks: inUse.filter(({ disabledAt }) => disabledAt !== null).map(({ name }) => name),
    queues: await stores.queues.lengths(),
  };
  const skipped = sinkFaults.map((fault) => `A sink is skipped and receives nothing until it is fixed: ${fault}.`);
  const problems = [
    ...problemsOf(facts, now),
    ...inactive(recent),
    ...unknownShapes(recent),
    ...skipped,
    ...silent(inUse),
  ];
  return { problems, ...facts };
}

async function statesOf(stores: Stores, containers: readonly string[]): Promise<ExportState[]> {
  const states: ExportState[] = [];
  for (const container of containers) {
    for await (const { row } of stores.exportStates.list(container)) states.push(row);
  }
  return states;
}

function stuckExport({ container, name, reason, failures, nextTry }: ExportState): StuckExport {
  const next = nextTry === 0 ? '' : new Date(nextTry).toISOString();
  return { export: `${container}/${name}`, reason, failures, nextTry: next };
}

async function lastRun(stores: Stores, now: number): Promise<Health['lastRun']> {
  let last: Health['lastRun'] = null;
  let endedAt = 0;
  for await (const run of stores.runs.since(addMs(timestampFromMs(now), -48 * HOUR_MS))) {
    const isOfLast: boolean = last?.asOf === run.asOf;
    const partitions: number = isOfLast ? (last?.partitions ?? 0) + 1 : 1;
    endedAt = isOfLast ? Math.max(endedAt, run.endedAt) : run.endedAt;
    last = { asOf: run.asOf, partitions, endedAt: new Date(endedAt).toISOString() };
  }
  return last;
}

/** Counts notifications by sink, of the configured sinks and of those that the runs know. */
async function notifications(
  stores: Stores,
  sinks: readonly string[],
  known: readonly SinkState[],
): Promise<Health['notifications']> {
  const names = [...new Set([...sinks, ...known.map(({ name }) => name)])];
  const failed = await failedBySink(stores, known);
  const counts: [string, NotificationCounts][] = [];
  for (const name of names) counts.push([name, { ...(await pendingOf(stores, name)), failed: failed.get(name) ?? 0 }]);
  return Object.fromEntries(counts);
}

/** Reads the first page of each partition, however many are pending. */
async function pendingOf(stores: Pick<Stores, 'outbox'>, sink: string): Promise<Omit<NotificationCounts, 'failed'>> {
  const counts = { pending: 0, trying: 0, more: false };
  await Promise.all(
    PARTITIONS.map(async (partition) => {
      for await (const page of stores.outbox.list(partition, sink)) {
        counts.pending += page.length;
        counts.trying += page.filter(({ row }) => row.attempts > 0).length;
        if (page.length < PAGE_ROWS) continue;
        counts.more = true;
        break;
      }
    }),
  );
  return counts;
}

/** Reads the summary of every active detection. */
async function failedBySink(
  { detections }: Pick<Stores, 'detections'>,
  known: readonly SinkState[],
): Promise<ReadonlyMap<string, number>> {
  const failed = new Map<string, number>();
  const names = known.map(({ name }) => name);
  for (const state of ['new', 'ongoing'] as const) {
    for await (const page of detections.summaries({ state }, names)) {
      for (const row of page) {
        for (const { name, since } of known) {
          if (pendingStateOf(row.detection, row.deliveries[name], since) !== 'failed') continue;
          failed.set(name, (failed.get(name) ?? 0) + 1);
        }
      }
    }
  }
  return failed;
}

/** A sentence for each sink that does not answer at present. */
function silent(known: readonly SinkState[]): string[] {
  return known
    .filter(({ disabledAt, failures }) => disabledAt === null && failures >= MIN_FAILURES)
    .map(({ name, failures, notBefore }) => {
      const next = new Date(notBefore).toISOString();
      return `Sink ${name} failed ${failures} times in a row; its pending notifications wait until ${next}.`;
    });
}

/** A sentence for each container with many lines, or records of an inactive source, but no record of an active source. */
function inactive(states: readonly ExportState[]): string[] {
  const byContainer = Map.groupBy(states, ({ container }) => container);
  return [...byContainer].flatMap(([container, exports]) => {
    const lines = exports.reduce((sum, { counters }) => sum + counters.lines, 0);
    const other = exports.find(({ otherSource }) => otherSource !== null)?.otherSource;
    if (exports.some(hasActive) || (other === undefined && lines < PROBE_LINES)) return [];
    const none = `Container ${container} has no record of an active source (SOURCES) in ${counted(lines, 'line')}`;
    return [other ? `${none}, but records of ${other}. ${stepTo(other)}` : `${none}: see docs/sources.md.`];
  });
}

/** A sentence for each container with records of an unknown shape: one product writes the exports of a container. */
function unknownShapes(states: readonly ExportState[]): string[] {
  const byContainer = Map.groupBy(states, ({ container }) => container);
  return [...byContainer].flatMap(([container, exports]) => {
    const number = exports.reduce((sum, { counters }) => sum + counters.unknownShapes, 0);
    const first = exports.find(({ unknownShape }) => unknownShape !== null);
    if (number === 0 || !first?.unknownShape) return [];
    const { unknownShape, name } = first;
    const place = `at byte ${unknownShape.offset} of ${name}`;
    return [`Container ${container}: ${unknownShapeText(number, unknownShape, place)}`];
  });
}

function stepTo(source: Source): string {
  const step = source === 'defender-raw' ? 'Switch on aggregated reporting, or set' : 'Set';
  return `${step} SOURCES, then: beaconwatch replay (docs/sources.md).`;
}

function times(number: number): string {
  return number === 1 ? 'once' : `${number} times`;
}

/** The next step for a refused export. */
function stepAfter(reason: string): string {
  return reason === REPLACED
    ? 'To read it again, although raw events in both contents count twice: beaconwatch replay --force.'
    : 'After a fix: beaconwatch replay.';
}

function problemsOf(facts: Omit<Health, 'problems'>, now: number): string[] {
  const { lastRun, unread, failing, refused, missingContainers, notifications, disabledSinks, queues } = facts;
  const hours = (ms: number) => `${(ms / HOUR_MS).toFixed(1)} h`;
  const silence = lastRun === null ? null : now - Date.parse(lastRun.endedAt);
  const poisoned = Object.entries(queues).filter(([name, length]) => name.endsWith('-poison') && length > 0);
  const failed = Object.entries(notifications).filter(([, { failed }]) => failed > 0);
  return [
    ...(lastRun === null ? ['No scoring run for two days: check that the function app is running.'] : []),
    ...(silence !== null && silence > MAX_SILENCE_MS
      ? [`No scoring run for ${hours(silence)}: see the log of scoreWindows.`]
      : []),
    ...(lastRun !== null && lastRun.partitions < PARTITIONS.length && (silence ?? 0) > HOUR_MS / 2
      ? [`The last run scored ${lastRun.partitions} of ${PARTITIONS.length} partitions: see the log of scorePartition.`]
      : []),
    ...(unread.oldestMs > MAX_SILENCE_MS
      ? [`An export has been unread for ${hours(unread.oldestMs)}: see below, or the log of sweepExports.`]
      : []),
    ...failing.map(
      (each) => `${each.export} failed ${times(each.failures)} (${each.reason}); next try ${each.nextTry}.`,
    ),
    ...refused.map((each) => `${each.export} is refused: ${each.reason}. ${stepAfter(each.reason)}`),
    ...missingContainers.map(
      (name) => `There is no container ${name}: check EXPORT_CONTAINERS and the settings of the export.`,
    ),
    ...poisoned.map(
      ([name, length]) =>
        `${counted(length, 'message')} in ${name}: see the log of its function; the next sweep removes them.`,
    ),
    ...failed.map(
      ([name, { failed }]) =>
        `${counted(failed, 'notification')} to sink ${name} failed: fix its settings or the receiver, ` +
        `then beaconwatch notify --retry --sink ${name}.`,
    ),
    ...disabledSinks.map(
      (name) => `Sink ${name} answered 410 (gone) and is disabled: change its settings to enable it.`,
    ),
  ];
}
