import { HOUR_MS } from '../core/kql/timespan.ts';
import { GROUPS_PER_DEVICE } from '../ingest/device_groups.ts';
import { type SweepSettings, unread } from '../ingest/sweep.ts';
import { knownSinks } from '../notify/sink_states.ts';
import { allOf } from '../storage/all_of.ts';
import { collectBadRows } from '../storage/bad_rows.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { HealthFacts, StuckExport } from './health_facts.ts';
import { notificationCounts } from './notification_counts.ts';
import {
  badRowProblems,
  factProblems,
  groupLimitProblems,
  inactiveSourceProblems,
  knownProblems,
  MAX_BAD_ROWS,
  ownerProblems,
  silenceProblems,
  sinkProblems,
  unknownShapeProblems,
} from './problems.ts';
import { runHistory, runProblems } from './run_history.ts';
import { Sections } from './section.ts';
import { storedDayProblems, storedDays } from './stored_days.ts';

/** The health of the system at a glance. */
export interface Health extends HealthFacts {
  /** Problems that need attention, a sentence each with the next step; empty for none. */
  readonly problems: readonly string[];
}

/** The platform ends an HTTP request after 230 s. */
const SECTION_TIMEOUT_MS = 100_000;

export interface HealthOptions {
  /** Faults of the skipped sinks in the settings. */
  readonly sinkFaults?: readonly string[];
  readonly groupsPerDevice?: number;
  /** The operator's database of owners. */
  readonly owners?: () => Promise<{ readonly fault: string } | null>;
  /** The operator's file of known networks and programs. */
  readonly known?: () => Promise<{ readonly fault: string } | null>;
  readonly sectionTimeoutMs?: number;
}

/** Checks the runs, exports, sinks, suppressions and queues, each on its own. Reads only; never throws for a fault of storage. */
export async function health(
  stores: Stores,
  settings: SweepSettings,
  sinks: readonly string[],
  clock: Clock,
  {
    sinkFaults = [],
    groupsPerDevice = GROUPS_PER_DEVICE,
    owners = async () => null,
    known = async () => null,
    sectionTimeoutMs = SECTION_TIMEOUT_MS,
  }: HealthOptions = {},
): Promise<Health> {
  return await collectBadRows(async (badRows) => {
    const now = clock();
    const sections = new Sections(sectionTimeoutMs);
    const [runs, states, unreadIn, notified, , queues, days, owned, listed] = await Promise.all([
      sections.read('runs', () => runHistory(stores.runs, now)),
      sections.readEach('exports', settings.containers, (container) => statesOf(stores, container)),
      sections.readEach('unread', settings.containers, (container) =>
        unread(stores, { ...settings, containers: [container] }, clock),
      ),
      sections.read('notifications', async () => {
        const known = await knownSinks(stores);
        const counts = await notificationCounts(stores, sinks, known);
        // A sink that was taken out of the settings is no problem once nothing is pending for it.
        const inUse = known.filter(({ name }) => sinks.includes(name) || (counts[name]?.pending ?? 0) > 0);
        return { inUse, counts };
      }),
      // Only for its bad rows.
      sections.read('suppressions', () => allOf(stores.suppressions.list())),
      sections.read('queues', () => stores.queues.lengths()),
      sections.read('counts', () => storedDays(stores, now)),
      sections.read('owners', owners),
      sections.read('known', known),
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
      ...(runs === null ? [] : [...silenceProblems(runs, now), ...runProblems(runs, now)]),
      ...storedDayProblems(days, runs, now),
      ...factProblems(facts),
      ...inactiveSourceProblems(recent ?? []),
      ...unknownShapeProblems(recent ?? []),
      ...groupLimitProblems(recent ?? [], groupsPerDevice),
      ...skipped,
      ...sinkProblems(inUse ?? []),
      ...ownerProblems(owned),
      ...knownProblems(listed),
      ...badRowProblems(badRows),
    ];
    return { problems, ...facts };
  });
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
