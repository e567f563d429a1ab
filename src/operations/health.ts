import { pendingStateOf } from '../core/detections/pending_state.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Source } from '../core/records/report.ts';
import { unknownShapeText } from '../core/records/unknown_shape.ts';
import { counted } from '../core/text/numbers.ts';
import { GROUPS_PER_DEVICE } from '../ingest/device_groups.ts';
import { hasActive, REPLACED } from '../ingest/export_state.ts';
import { type SweepSettings, unread } from '../ingest/sweep.ts';
import { knownSinks } from '../notify/sink_states.ts';
import { PROBE_LINES } from '../reading/report_reader.ts';
import { type BadRows, collectBadRows } from '../storage/bad_rows.ts';
import { PARTITIONS } from '../storage/keys.ts';
import { type BadRow, badRowText } from '../storage/ports/bad_row.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { type RunHistory, runHistory, runProblems } from './run_history.ts';
import { type Section, Sections } from './section.ts';

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

/** The health of the system at a glance. A member of a section without an answer is null. */
export interface Health {
  /** Problems that need attention, a sentence each with the next step; empty for none. */
  readonly problems: readonly string[];
  /** Sections without an answer: what is true of them is unknown. */
  readonly unavailable: readonly Section[];
  /** Null also where there was no run within two days. */
  readonly lastRun: RunHistory['lastRun'];
  /** Ends of windows of the last two days that no run scored, between windows that were scored. */
  readonly unscoredHours: readonly Timestamp[] | null;
  /** Exports with unread data, and how long the oldest has waited (ms). */
  readonly unread: { readonly exports: number; readonly oldestMs: number } | null;
  readonly failing: readonly StuckExport[] | null;
  readonly refused: readonly StuckExport[] | null;
  readonly missingContainers: readonly string[] | null;
  readonly deadLetters: number | null;
  /** Records that carry the mark of an active source in a shape that no format knows. */
  readonly unknownShapes: number | null;
  /** By sink: pending notifications, those of them that were tried already, and failed ones. */
  readonly notifications: Readonly<Record<string, NotificationCounts>> | null;
  readonly disabledSinks: readonly string[] | null;
  /** Waiting messages by queue. */
  readonly queues: Readonly<Record<string, number>> | null;
  /** Stored rows that cannot be read and are skipped, and the first of them. */
  readonly badRows: { readonly total: number; readonly rows: readonly BadRow[] };
}

/** The system scores each hour and reads every five minutes: two hours without are a problem. */
const MAX_SILENCE_MS = 2 * HOUR_MS;
/** Rows of a page of the outbox at most. */
const PAGE_ROWS = 1000;
/** Failures of a sink in a row that are a problem; fewer are transient. */
const MIN_FAILURES = 3;
/** The platform ends an HTTP request after 230 s. */
const SECTION_TIMEOUT_MS = 100_000;
const MAX_BAD_ROWS = 20;

export interface HealthOptions {
  /** Faults of the skipped sinks in the settings. */
  readonly sinkFaults?: readonly string[];
  readonly sectionTimeoutMs?: number;
}

/** Checks the runs, exports, sinks, suppressions and queues, each on its own. Reads only; never throws for a fault of storage. */
export async function health(
  stores: Stores,
  settings: SweepSettings,
  sinks: readonly string[],
  clock: Clock,
  { sinkFaults = [], sectionTimeoutMs = SECTION_TIMEOUT_MS }: HealthOptions = {},
): Promise<Health> {
  return await collectBadRows(async (badRows) => {
    const now = clock();
    const sections = new Sections(sectionTimeoutMs);
    const [runs, states, unreadIn, notified, , queues] = await Promise.all([
      sections.read('runs', () => runHistory(stores.runs, now)),
      sections.readEach('exports', settings.containers, (container) => statesOf(stores, container)),
      sections.readEach('unread', settings.containers, (container) =>
        unread(stores, { ...settings, containers: [container] }, clock),
      ),
      sections.read('notifications', async () => {
        const known = await knownSinks(stores);
        const counts = await notifications(stores, sinks, known);
        // A sink that was taken out of the settings is no problem once nothing is pending for it.
        const inUse = known.filter(({ name }) => sinks.includes(name) || (counts[name]?.pending ?? 0) > 0);
        return { inUse, counts };
      }),
      // Only for its bad rows.
      sections.read('suppressions', () => Array.fromAsync(stores.suppressions.list())),
      sections.read('queues', () => stores.queues.lengths()),
    ]);
    // An export whose data is older than the retention would add nothing.
    const kept = now - settings.retentionDays * 24 * HOUR_MS;
    const all = states?.flat() ?? null;
    const recent = all?.filter(({ lastModified }) => lastModified >= kept) ?? null;
    const inUse = notified?.inUse ?? null;
    const facts = {
      unavailable: sections.unavailable,
      lastRun: runs?.lastRun ?? null,
      unscoredHours: runs?.unscoredHours ?? null,
      unread:
        unreadIn === null
          ? null
          : {
              exports: unreadIn.reduce((sum, { exports }) => sum + exports.length, 0),
              oldestMs: unreadIn.reduce((oldest, { oldestUnreadMs }) => Math.max(oldest, oldestUnreadMs), 0),
            },
      failing: recent?.filter(({ failures }) => failures > 0).map(stuckExport) ?? null,
      refused: recent?.filter(({ refused }) => refused).map(stuckExport) ?? null,
      missingContainers: unreadIn?.flatMap((each) => each.missingContainers) ?? null,
      deadLetters: all?.reduce((sum, { counters }) => sum + counters.deadLetters, 0) ?? null,
      unknownShapes: all?.reduce((sum, { counters }) => sum + counters.unknownShapes, 0) ?? null,
      notifications: notified?.counts ?? null,
      disabledSinks: inUse?.filter(({ disabledAt }) => disabledAt !== null).map(({ name }) => name) ?? null,
      queues,
      badRows: { total: badRows.total, rows: badRows.rows.slice(0, MAX_BAD_ROWS) },
    };
    const skipped = sinkFaults.map((fault) => `A sink is skipped and receives nothing until it is fixed: ${fault}.`);
    const problems = [
      ...sections.problems,
      ...(runs === null ? [] : [...silence(runs, now), ...runProblems(runs, now)]),
      ...problemsOf(facts),
      ...inactive(recent ?? []),
      ...unknownShapes(recent ?? []),
      ...crowded(recent ?? []),
      ...skipped,
      ...silent(inUse ?? []),
      ...badRowProblems(badRows),
    ];
    return { problems, ...facts };
  });
}

function badRowProblems({ rows, total }: BadRows): string[] {
  const named = rows.slice(0, MAX_BAD_ROWS);
  return [
    ...named.map((row) => `${badRowText(row)}. It is skipped: repair or remove it.`),
    ...(total > named.length ? [`${counted(total - named.length, 'more stored row')} cannot be read.`] : []),
  ];
}

async function statesOf(stores: Stores, container: string): Promise<ExportState[]> {
  const states: ExportState[] = [];
  for await (const { row } of stores.exportStates.list(container)) states.push(row);
  return states;
}

function stuckExport({ container, name, reason, failures, nextTry }: ExportState): StuckExport {
  const next = nextTry === 0 ? '' : new Date(nextTry).toISOString();
  return { export: `${container}/${name}`, reason, failures, nextTry: next };
}

/** Counts notifications by sink, of the configured sinks and of those that the runs know. */
async function notifications(
  stores: Stores,
  sinks: readonly string[],
  known: readonly SinkState[],
): Promise<Record<string, NotificationCounts>> {
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

/** Reads the summary of every detection, in any state: so rows that cannot be read are met and named. */
async function failedBySink(
  { detections }: Pick<Stores, 'detections'>,
  known: readonly SinkState[],
): Promise<ReadonlyMap<string, number>> {
  const failed = new Map<string, number>();
  const names = known.map(({ name }) => name);
  for await (const page of detections.summaries({}, names)) {
    for (const row of page) {
      for (const { name, since } of known) {
        if (pendingStateOf(row.detection, row.deliveries[name], since) !== 'failed') continue;
        failed.set(name, (failed.get(name) ?? 0) + 1);
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

/** Devices with too many groups: who invents connections hides among them. */
function crowded(states: readonly ExportState[]): string[] {
  const exports = states.filter(({ counters }) => counters.overGroupLimit > 0);
  if (exports.length === 0) return [];
  const reports = exports.reduce((sum, { counters }) => sum + counters.overGroupLimit, 0);
  return [
    `${counted(exports.length, 'export')} with a device of more than ${GROUPS_PER_DEVICE.toLocaleString('en')} groups in one segment: ` +
      `${counted(reports, 'report')} not counted. beaconwatch dead-letters names the devices (too-many-groups).`,
  ];
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

/** A sentence where no run has ended lately, or the last one lacks partitions. */
function silence({ lastRun }: RunHistory, now: number): string[] {
  if (lastRun === null) return ['No scoring run for two days: check that the function app is running.'];
  const silentMs = now - Date.parse(lastRun.endedAt);
  return [
    ...(silentMs > MAX_SILENCE_MS ? [`No scoring run for ${hours(silentMs)}: see the log of scoreWindows.`] : []),
    ...(lastRun.partitions < PARTITIONS.length && silentMs > HOUR_MS / 2
      ? [`The last run scored ${lastRun.partitions} of ${PARTITIONS.length} partitions: see the log of scorePartition.`]
      : []),
  ];
}

function hours(ms: number): string {
  return `${(ms / HOUR_MS).toFixed(1)} h`;
}

function problemsOf(facts: Omit<Health, 'problems'>): string[] {
  const { unread, failing, refused, missingContainers, notifications, disabledSinks, queues } = facts;
  const poisoned = Object.entries(queues ?? {}).filter(([name, length]) => name.endsWith('-poison') && length > 0);
  const failed = Object.entries(notifications ?? {}).filter(([, { failed }]) => failed > 0);
  return [
    ...(unread !== null && unread.oldestMs > MAX_SILENCE_MS
      ? [`An export has been unread for ${hours(unread.oldestMs)}: see below, or the log of sweepExports.`]
      : []),
    ...(failing ?? []).map(
      (each) => `${each.export} failed ${times(each.failures)} (${each.reason}); next try ${each.nextTry}.`,
    ),
    ...(refused ?? []).map((each) => `${each.export} is refused: ${each.reason}. ${stepAfter(each.reason)}`),
    ...(missingContainers ?? []).map(
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
    ...(disabledSinks ?? []).map(
      (name) => `Sink ${name} answered 410 (gone) and is disabled: change its settings to enable it.`,
    ),
  ];
}
