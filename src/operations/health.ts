import { isOfThisRevision, pendingStateOf } from '../core/detections/pending.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { addMs, timestampFromMs } from '../core/kql/timestamp.ts';
import type { Source } from '../core/records/report.ts';
import { counted } from '../core/text/counted.ts';
import { hasActive, REPLACED } from '../ingest/export_state.ts';
import { type SweepSettings, unread } from '../ingest/sweep.ts';
import { knownSinks } from '../notify/sink_states.ts';
import { PROBE_LINES } from '../reading/report_reader.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { SummaryRow } from '../storage/ports/detections.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';

/** An export that is stuck, and why. */
export interface StuckExport {
  /** container/name, as `replay` takes it. */
  readonly export: string;
  readonly reason: string;
  readonly failures: number;
  /** ISO 8601; '' where it is not tried again by itself. */
  readonly nextTry: string;
}

export interface NotificationCounts {
  readonly pending: number;
  readonly trying: number;
  readonly failed: number;
}

/** What an operator asks at a glance. */
export interface Health {
  /** What wants somebody's attention, a sentence each with the next step; none where all is well. */
  readonly problems: readonly string[];
  readonly lastRun: { readonly asOf: Timestamp; readonly partitions: number; readonly endedAt: string } | null;
  /** Exports with something unread, and how long the oldest has waited. */
  readonly unread: { readonly exports: number; readonly oldestMs: number };
  readonly failing: readonly StuckExport[];
  readonly refused: readonly StuckExport[];
  readonly missingContainers: readonly string[];
  readonly deadLetters: number;
  /** By sink: notifications that are still to be told, those of them that are being tried, and those that failed. */
  readonly notifications: Readonly<Record<string, NotificationCounts>>;
  readonly disabledSinks: readonly string[];
  /** Messages that wait, by queue. */
  readonly queues: Readonly<Record<string, number>>;
}

const HOUR_MS = 3_600_000;
/** A run is due each hour, and reading every few minutes: twice an hour without is no hiccup. */
const PATIENCE_MS = 2 * HOUR_MS;
const PARTITIONS = 16;
/** Fewer failures of a sink in a row are none that anybody has to look at. */
const HICCUPS = 3;

/** Looks at everything that can be stuck. Reads only. `sinkFaults`: why sinks were left out of the settings. */
export async function health(
  stores: Stores,
  settings: SweepSettings,
  sinks: readonly string[],
  clock: Clock,
  sinkFaults: readonly string[] = [],
): Promise<Health> {
  const now = clock();
  const { exports, oldestUnreadMs, missingContainers } = await unread(stores, settings, clock);
  // What has rested for longer than anything is kept is past helping.
  const kept = now - settings.retentionDays * 24 * HOUR_MS;
  const states = await statesOf(stores, settings.containers);
  const known = await knownSinks(stores);
  const recent = states.filter(({ lastModified }) => lastModified >= kept);
  const facts = {
    lastRun: await lastRun(stores, now),
    unread: { exports: exports.length, oldestMs: oldestUnreadMs },
    failing: recent.filter(({ failures }) => failures > 0).map(stuck),
    refused: recent.filter(({ refused }) => refused).map(stuck),
    missingContainers,
    deadLetters: states.reduce((sum, { counters }) => sum + counters.deadLetters, 0),
    notifications: await notifications(stores, sinks, known),
    disabledSinks: known.filter(({ disabledAt }) => disabledAt !== null).map(({ name }) => name),
    queues: await stores.queues.lengths(),
  };
  const off = sinkFaults.map((fault) => `A sink is left out, and hears of nothing until it is mended: ${fault}.`);
  const problems = [...problemsOf(facts, now), ...inactive(recent), ...off, ...silent(known)];
  return { problems, ...facts };
}

async function statesOf(stores: Stores, containers: readonly string[]): Promise<ExportState[]> {
  const states: ExportState[] = [];
  for (const container of containers) {
    for await (const { row } of stores.exportStates.list(container)) states.push(row);
  }
  return states;
}

function stuck({ container, name, reason, failures, nextTry }: ExportState): StuckExport {
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

/**
 * Of the sinks that are set here and those that runs have met. What is due is derived, as a scoring run derives it; to a
 * sink that no run has met yet nothing is.
 */
async function notifications(
  stores: Stores,
  sinks: readonly string[],
  known: readonly SinkState[],
): Promise<Health['notifications']> {
  const counts = new Map(
    [...sinks, ...known.map(({ name }) => name)].map((name) => [name, { pending: 0, trying: 0, failed: 0 }]),
  );
  for await (const page of stores.detections.summaries({}, [...counts.keys()])) {
    for (const row of page) {
      for (const state of known) {
        const status = statusOf(row, state);
        const count = counts.get(state.name);
        if (!count || status === null) continue;
        if (status !== 'failed') count.pending++;
        if (status !== 'pending') count[status]++;
      }
    }
  }
  return Object.fromEntries(counts);
}

/** How it stands with telling a sink of a detection; null where there is nothing to tell (any more). */
function statusOf({ detection, deliveries }: SummaryRow, { name, since, disabledAt }: SinkState) {
  const delivery = deliveries[name];
  const due = pendingStateOf(detection, delivery, since);
  if (due === 'failed') return 'failed';
  if (due !== 'pending' || disabledAt !== null) return null;
  return delivery && isOfThisRevision(detection, delivery) ? 'trying' : 'pending';
}

/** Sinks that answer nobody at present; what is due to them waits. */
function silent(known: readonly SinkState[]): string[] {
  return known
    .filter(({ disabledAt, failures }) => disabledAt === null && failures >= HICCUPS)
    .map(({ name, failures, notBefore }) => {
      const next = new Date(notBefore).toISOString();
      return `Sink ${name} did not answer ${failures} times in a row; what is due to it waits until ${next}.`;
    });
}

/** Containers of which many lines were read, or records of a source that is not active, and nothing of an active one. */
function inactive(states: readonly ExportState[]): string[] {
  const byContainer = Map.groupBy(states, ({ container }) => container);
  return [...byContainer].flatMap(([container, exports]) => {
    const lines = exports.reduce((sum, { counters }) => sum + counters.lines, 0);
    const other = exports.find(({ otherSource }) => otherSource !== null)?.otherSource;
    if (exports.some(hasActive) || (other === undefined && lines < PROBE_LINES)) return [];
    const none = `Nothing of an active source (SOURCES) is in ${container}, of ${counted(lines, 'line')} read`;
    return [other ? `${none}: it holds records of ${other}. ${stepTo(other)}` : `${none}: see docs/sources.md.`];
  });
}

function stepTo(source: Source): string {
  const switchOn = source === 'defender-raw' ? 'Is aggregated reporting on? Or set' : 'Set';
  return `${switchOn} SOURCES, then: beaconwatch replay (docs/sources.md).`;
}

function times(number: number): string {
  return number === 1 ? 'once' : `${number} times`;
}

/** What to do about an export that is refused. */
function stepAfter(reason: string): string {
  return reason === REPLACED
    ? 'Where it may count twice what both have in common: beaconwatch replay --force.'
    : 'After a fix: beaconwatch replay.';
}

function problemsOf(facts: Omit<Health, 'problems'>, now: number): string[] {
  const { lastRun, unread, failing, refused, missingContainers, notifications, disabledSinks, queues } = facts;
  const hours = (ms: number) => `${(ms / HOUR_MS).toFixed(1)} h`;
  const silence = lastRun === null ? null : now - Date.parse(lastRun.endedAt);
  const poisoned = Object.entries(queues).filter(([name, length]) => name.endsWith('-poison') && length > 0);
  const failed = Object.entries(notifications).filter(([, { failed }]) => failed > 0);
  return [
    ...(lastRun === null ? ['No scoring run in two days: is the function app running?'] : []),
    ...(silence !== null && silence > PATIENCE_MS
      ? [`No scoring run for ${hours(silence)}: see the log of scoreWindows.`]
      : []),
    ...(lastRun !== null && lastRun.partitions < PARTITIONS && (silence ?? 0) > HOUR_MS / 2
      ? [`The last run scored ${lastRun.partitions} of ${PARTITIONS} partitions: see the log of scorePartition.`]
      : []),
    ...(unread.oldestMs > PATIENCE_MS
      ? [`An export has waited ${hours(unread.oldestMs)} to be read: see below, or the log of sweepExports.`]
      : []),
    ...failing.map(
      (each) => `${each.export} failed ${times(each.failures)} (${each.reason}); next try ${each.nextTry}.`,
    ),
    ...refused.map((each) => `${each.export} is refused: ${each.reason}. ${stepAfter(each.reason)}`),
    ...missingContainers.map(
      (name) => `There is no container ${name}: see EXPORT_CONTAINERS, and the export's settings.`,
    ),
    ...poisoned.map(
      ([name, length]) =>
        `${counted(length, 'message')} in ${name}: see the log of its function; the next sweep takes them off.`,
    ),
    ...failed.map(
      ([name, { failed }]) =>
        `Sink ${name} did not take ${counted(failed, 'notification')}: mend its settings or the receiver, ` +
        `then beaconwatch notify --retry --sink ${name}.`,
    ),
    ...disabledSinks.map((name) => `Sink ${name} said that it is gone (410): change its settings to wake it.`),
  ];
}
