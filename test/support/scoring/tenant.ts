import { isDeepStrictEqual } from 'node:util';
import type { Detection, SinkDelivery } from '../../../src/core/detections/detection.ts';
import { thresholdsOf } from '../../../src/core/detections/finding.ts';
import { NO_TRAFFIC } from '../../../src/core/detections/traffic.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import type { Contribution } from '../../../src/core/records/contribution.ts';
import type { Rule } from '../../../src/core/scoring/rule.ts';
import { pendingChangeOf } from '../../../src/notify/outbox_changes.ts';
import type { KnownSink } from '../../../src/notify/sink_states.ts';
import type { FleetOfRun } from '../../../src/scoring/fleet_of_run.ts';
import { type ScoreJob, type ScoreSettings, scorePartition } from '../../../src/scoring/score_windows.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { pendingIdOf, pendingKeyOf } from '../../../src/storage/pending_id.ts';
import type { DetectionRow, Detections } from '../../../src/storage/ports/detections.ts';
import type { ContributionRow, HourlyCounts, Partition } from '../../../src/storage/ports/hourly_counts.ts';
import type { Run } from '../../../src/storage/ports/runs.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { storesWith } from '../../fakes/stores_with.ts';
import { changed, type DetectionChanges } from '../detections.ts';
import { storedRows, storeRows } from '../storage/counts.ts';
import { detectionRows } from '../storage/detection_rows.ts';
import { DECIDED, fleetAt, NO_BASELINE } from './fleet.ts';

const START_MS = Date.UTC(2026, 10, 20);

/** So many hours after midnight of the first day. */
export const at = (hours: number): Timestamp => timestampFromMs(START_MS + hours * HOUR_MS);

export const P = '3' as Partition;
/** A window of twelve hours; four of them equal, above 45, are a match. */
export const RULE: Rule = Object.freeze({
  lookbackDays: 0.5,
  minUniformPerDay: 8,
  minAverage: 45,
  anomalyThreshold: 1.5,
  grain: 'hour',
});
/** The KQL rule alone, without a baseline. */
export const SETTINGS: ScoreSettings = Object.freeze({
  ...{ rule: RULE, technique: null, retentionDays: 1, historyDays: 4 },
  detection: { ...NO_BASELINE, detectors: ['kql-rule' as const] },
});
/** The same with both detectors. */
export const BOTH: ScoreSettings = Object.freeze({ ...SETTINGS, detection: NO_BASELINE });
export const NO_RUN_OLDER = Object.freeze({
  since: at(-1000),
  disabledAt: null,
  settings: '',
  failures: 0,
  notBefore: 0,
});

export type Group = Pick<Contribution, 'groupId' | 'source' | 'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP'>;

/** A group of an address; its id begins with the address's part, so that a test names what comes before what. */
export function group(number: number, addressPart = '3000000a', RemoteIP = addressOf(addressPart)): Group {
  return {
    groupId: `${addressPart}${number.toString(16).padStart(24, '0')}`,
    source: 'defender',
    DeviceName: `wks-${number}`,
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP,
  };
}

/** A public address for each part. */
function addressOf(addressPart: string): string {
  const [first, ...rest] = (addressPart.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return [208 + ((first ?? 0) >> 4), ...rest].join('.');
}

/** The whole numbers from `first` to `last`. */
export function hours(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

export const idOf = ({ groupId }: Group): string => groupId;

export function sinkState(name: string, changes: Partial<KnownSink> = {}): KnownSink {
  return { name, ...NO_RUN_OLDER, waitMs: 0, ...changes };
}

interface RunOptions {
  readonly stores?: Stores;
  readonly sinks?: readonly KnownSink[];
  readonly settings?: ScoreSettings;
  readonly message?: Partial<ScoreJob>;
  /** By default one whose context counts the run an hour before. */
  readonly fleet?: FleetOfRun;
  /** When it runs, in hours; by default 45 minutes after asOf. */
  readonly now?: number;
}

/** Stores in memory, what was reported, and runs over it at a given hour. */
export class Tenant {
  readonly stores: MemoryStores = memoryStores({ clock: () => START_MS });
  #contributions = 0;

  /** A report in the middle of each of these hours. */
  async reports(
    of: Group,
    hours: readonly number[],
    count: number | null = 60,
    also: Partial<Pick<ContributionRow, 'programHash' | 'facts'>> = {},
  ): Promise<void> {
    const times = hours.map((hour) => at(hour + 0.5));
    await this.reportsAt(of, times, count, also);
  }

  async reportsAt(
    of: Group,
    times: readonly Timestamp[],
    count: number | null = 60,
    also: Partial<Pick<ContributionRow, 'programHash' | 'facts'>> = {},
  ): Promise<void> {
    const rows: ContributionRow[] = times.map((Timestamp) => {
      const contribution = (++this.#contributions).toString(16).padStart(16, '0');
      return { ...of, Timestamp, contribution, count, failed: false, programHash: null, facts: {}, ...also };
    });
    await storeRows(this.stores.hourlyCounts, rows);
  }

  run(hour: number, options: RunOptions = {}): Promise<Run> {
    const message = { partition: P, asOf: at(hour), oldestUnreadMs: 0, newestReport: '' as const, ...options.message };
    const now = START_MS + (options.now ?? hour + 0.75) * HOUR_MS;
    const { stores = this.stores, settings = SETTINGS, sinks = [], fleet = fleetAt(message.asOf) } = options;
    return scorePartition(stores, settings, sinks, message, () => now, fleet);
  }

  /** A run that knows of reports of the same hour elsewhere: fresh, whatever the partition holds. */
  fresh(hour: number, options: RunOptions = {}): Promise<Run> {
    return this.run(hour, { ...options, message: { newestReport: at(hour), ...options.message } });
  }

  /** The run of an hour that opens detections, and the next, which decides about them. */
  async decided(hour: number, options: RunOptions = {}): Promise<void> {
    for (const each of [hour, hour + 1]) await this.fresh(each, options);
  }

  async row(of: Group): Promise<DetectionRow | null> {
    return (await this.stores.detections.get(idOf(of)))?.row ?? null;
  }

  async detection(of: Group): Promise<Detection> {
    const row = await this.row(of);
    if (row === null) throw new Error(`no detection of ${of.groupId}`);
    return row.detection;
  }

  /** A row of a detection that no run wrote: by default one that matched 60 hours before hour 0, whose reports are gone. */
  async detected(of: Group, changes: DetectionChanges = {}): Promise<void> {
    const evidence = { Timestamp: [], ConnCounts: [], flags: [], scores: [], baseline: [], period: 0, omitted: 0 };
    const thresholds = thresholdsOf(RULE);
    const time = at(0) as Detection['FirstConnection'];
    const facts = {
      devices: 1,
      fleetDevices: null,
      otherProcesses: [],
      hours: Array.from({ length: 72 }, () => null),
      days: Array.from({ length: 30 }, () => null),
      severity: 'high',
      severityReason: 'All three signs.',
      technique: null,
      programHash: null,
      known: null,
      traffic: { ...NO_TRAFFIC, asOf: at(0) },
    } as const;
    const rule = {
      FirstConnection: time,
      LastConnection: time,
      count_of_hours: 4,
      inliner_count: 4,
      outlier_count: 0,
      avg_conn_count: 60,
      average: 60,
      spread: 0,
      interval: { seconds: 60, deviation: 0 },
      lastMatched: at(0),
      evidence: { grain: 'hour', ...evidence, thresholds },
    } as const;
    const opening = { revision: 1, revisionReason: '', decision: DECIDED, highestAverage: 60, episodes: [] } as const;
    const life = { state: 'ongoing', episode: at(0), ...opening, asOf: at(0), lastMatched: at(-60) } as const;
    const base = { ...of, FirstConnection: time, LastConnection: time, ...facts, ...life, suppressedBy: '' };
    const assessments = { 'kql-rule': rule, regularity: null };
    await this.stores.detections.insert(changed({ ...base, assessments }, changes));
  }

  /** Somebody takes the row away. */
  async removed(of: Group): Promise<void> {
    const found = await this.stores.detections.get(idOf(of));
    await this.stores.detections.remove([{ id: idOf(of), version: found?.version ?? '' }]);
  }

  /** What the notifier writes, also where a scorer wrote the row meanwhile. */
  async mark(of: Group, sink: string, changes: Partial<SinkDelivery> = {}): Promise<void> {
    const { detections } = this.stores;
    for (let version: string | null = null; version === null; ) {
      const found = await detections.get(idOf(of));
      if (!found) throw new Error(`no detection of ${of.groupId}`);
      const { episode, revision, severity } = found.row.detection;
      const life = { status: 'sent', attempts: 1, firstAt: 1, at: 2, answer: '200' } as const;
      const before = found.row.deliveries[sink];
      const delivery = { episode, revision, severity, ...life, ...changes };
      const change =
        delivery.status === 'pending'
          ? pendingChangeOf({ ...found.row.detection, ...changes }, sink, before, 2)
          : {
              sink,
              delivery,
              ...(before?.status === 'pending' && { remove: pendingKeyOf(found.row.detection, sink, before) }),
            };
      version = await detections.mark(idOf(of), change, found.version);
    }
  }

  /** What the sinks that were put on the `notify` queue since it was last asked find in the outbox. */
  async pending(): Promise<{ detectionId: string; sink: string }[]> {
    await this.#agree();
    const found: { detectionId: string; sink: string }[] = [];
    for (const { sink } of this.stores.queues.notify.splice(0)) {
      for (const partition of PARTITIONS) {
        for await (const page of this.stores.outbox.list(partition, sink)) {
          found.push(...page.map(({ row }) => ({ detectionId: row.groupId, sink })));
        }
      }
    }
    return found;
  }

  /** Throws unless the outbox has the rows that the detections speak of, and no others. */
  async #agree(): Promise<void> {
    const said = (await this.all()).flatMap(({ detection, deliveries }) =>
      Object.entries(deliveries)
        .filter(([, { status }]) => status === 'pending')
        .map(([sink, delivery]) => pendingIdOf(pendingKeyOf(detection, sink, delivery))),
    );
    const rows = (await Promise.all(PARTITIONS.map((each) => Array.fromAsync(this.stores.outbox.ids(each))))).flat(2);
    if (!isDeepStrictEqual(said.sort(), rows.sort())) throw new Error(`the outbox differs: ${said} and ${rows}`);
  }

  /** `<groupId> <state>`, in key order. */
  async states(): Promise<string[]> {
    return (await this.all()).map(({ detection }) => `${detection.groupId} ${detection.state}`);
  }

  async all(): Promise<DetectionRow[]> {
    return detectionRows(this.stores.detections);
  }

  /** All rows with their versions: the same as long as nobody writes one. */
  async versioned(partition: Partition = P) {
    return (await Array.fromAsync(this.stores.detections.scan(partition))).flat();
  }

  async counts(partition: Partition = P): Promise<Contribution[]> {
    return storedRows(this.stores.hourlyCounts, partition);
  }
}

/** The same Detections, some of whose methods are others. */
export function withDetections(stores: Stores, changes: (base: Detections) => Partial<Detections>): Stores {
  const base = stores.detections;
  const detections: Detections = {
    get: (id) => base.get(id),
    scan: (partition) => base.scan(partition),
    summaries: (filter, sinks) => base.summaries(filter, sinks),
    summaryPage: (...args) => base.summaryPage(...args),
    activeLists: () => base.activeLists(),
    insert: (detection, changes) => base.insert(detection, changes),
    update: (detection, version, changes) => base.update(detection, version, changes),
    updateAll: (rows) => base.updateAll(rows),
    mark: (id, change, version) => base.mark(id, change, version),
    recordVerdict: (id, verdict, version) => base.recordVerdict(id, verdict, version),
    listAddresses: (id, listed, version) => base.listAddresses(id, listed, version),
    remove: (rows) => base.remove(rows),
    ...changes(base),
  };
  return { ...stores, detections };
}

export function withCounts(stores: Stores, changes: (base: HourlyCounts) => Partial<HourlyCounts>): Stores {
  return storesWith(stores, { hourlyCounts: changes(stores.hourlyCounts) });
}

/** The same rows in pages of that size: no answer may depend on it. */
export function inPages(stores: Stores, countRows: number, detectionRows: number): Stores {
  return withCounts(
    withDetections(stores, (base) => ({ scan: (partition) => pages(base.scan(partition), detectionRows) })),
    (base) => ({
      day: (...args) => pages(base.day(...args), countRows),
      hour: (...args) => pages(base.hour(...args), countRows),
    }),
  );
}

async function* pages<T>(items: AsyncIterable<readonly T[]>, size: number): AsyncGenerator<readonly T[]> {
  for await (const page of items) {
    for (let start = 0; start < page.length; start += size) yield page.slice(start, start + size);
  }
}
