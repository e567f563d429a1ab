import { HOUR_MS } from '../core/kql/timespan.ts';
import type { Source } from '../core/records/report.ts';
import { unknownShapeText } from '../core/records/unknown_shape.ts';
import { firstNames } from '../core/text/first_names.ts';
import { counted, groupedText } from '../core/text/numbers.ts';
import { hasActive, REPLACED } from '../ingest/export_state.ts';
import { PROBE_LINES } from '../reading/export_probe.ts';
import type { BadRows } from '../storage/bad_rows.ts';
import { PARTITIONS } from '../storage/keys.ts';
import { badRowText } from '../storage/ports/bad_row.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { HealthFacts } from './health_facts.ts';
import type { RunHistory } from './run_history.ts';

export const MAX_BAD_ROWS = 20;
/** The system scores each hour and reads every five minutes: two hours without are a problem. */
const MAX_SILENCE_MS = 2 * HOUR_MS;

/** Failures of a sink in a row that are a problem; fewer are transient. */
const MIN_FAILURES = 3;

/** A sentence for each of the first stored rows that cannot be read. */
export function badRowProblems({ rows, total }: BadRows): string[] {
  const named = rows.slice(0, MAX_BAD_ROWS);
  return [
    ...named.map((row) => `${badRowText(row)}. It is skipped: repair or remove it.`),
    ...(total > named.length ? [`${counted(total - named.length, 'more stored row')} cannot be read.`] : []),
  ];
}

/** A sentence for each sink that does not answer at present. */
export function sinkProblems(known: readonly SinkState[]): string[] {
  return known
    .filter(({ disabledAt, failures }) => disabledAt === null && failures >= MIN_FAILURES)
    .map(({ name, failures, notBefore }) => {
      const next = new Date(notBefore).toISOString();
      return `Sink ${name} failed ${failures} times in a row; its pending notifications wait until ${next}.`;
    });
}

/** Devices with too many groups: who invents connections hides among them. */
export function groupLimitProblems(states: readonly ExportState[], limit: number): string[] {
  const exports = states.filter(({ counters }) => counters.overGroupLimit > 0);
  if (exports.length === 0) return [];
  const reports = exports.reduce((sum, { counters }) => sum + counters.overGroupLimit, 0);
  const names = exports.map(({ container, name }) => `${container}/${name}`);
  return [
    `${counted(exports.length, 'export')} with a device of more than ${groupedText(limit)} groups in one segment ` +
      `(${firstNames(names)}): ${counted(reports, 'report')} not counted. beaconwatch dead-letters names the devices (too-many-groups). If they are real, raise GROUPS_PER_DEVICE and replay.`,
  ];
}

/** A sentence for each container with many lines, or records of an inactive source, but no record of an active source. */
export function inactiveSourceProblems(states: readonly ExportState[]): string[] {
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
export function unknownShapeProblems(states: readonly ExportState[]): string[] {
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
export function silenceProblems({ lastRun }: RunHistory, now: number): string[] {
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

/** Sentences for exports, containers, queues and sinks. */
export function factProblems(facts: HealthFacts): string[] {
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

/** Why the database of owners is not used: messages are then without owners. */
export function ownerProblems(owners: { readonly fault: string } | null): readonly string[] {
  if (owners === null || owners.fault === '') return [];
  return [
    `Messages name no owner of an address: ${owners.fault}. Upload another MMDB file or delete the blob, and restart the app.`,
  ];
}

/** Why the file of known networks and programs, or a part of it, is not used: severities are then without it. */
export function knownProblems(known: { readonly fault: string } | null): readonly string[] {
  if (known === null || known.fault === '') return [];
  return [
    `Severity lacks a part of the file of known networks and programs: ${known.fault}. Upload a corrected file or delete the blob, and restart the app.`,
  ];
}
