import { isDeepStrictEqual } from 'node:util';
import { type Address, AddressScorer } from './core/addresses.ts';
import { addressPartOf, type Contribution } from './core/contribution.ts';
import { type Detection, detectionIdOf } from './core/detection.ts';
import { dueOf } from './core/due.ts';
import { findingOf } from './core/finding.ts';
import { GroupCutter } from './core/groups.ts';
import { isFresh, matched, type Step, unmatched } from './core/life.ts';
import type { Rule } from './core/rule.ts';
import { addMs, type Timestamp } from './core/timestamp.ts';
import type { Window } from './core/window.ts';
import type { DetectionRow, Partition, Run, SinkState, Stores, Versioned } from './ports.ts';

const DAY_MS = 86_400_000;
const REMOVED_AT_ONCE = 100;

export interface ScanSettings {
  readonly rule: Rule;
  /** Contributions no newer than this are removed. */
  readonly expireRows: Timestamp;
  /** Resolved detections that last matched before this are removed. */
  readonly expireDetections: Timestamp;
}

export type ScanTally = Pick<
  Run,
  'groups' | 'rows' | 'detections' | 'opened' | 'resolved' | 'due' | 'expiredRows' | 'newestReport'
>;

/** One pass over a partition's contributions and, beside them in the same key order, its detections. */
export class PartitionScan {
  readonly #stores: Stores;
  readonly #settings: ScanSettings;
  readonly #sinks: readonly SinkState[];
  readonly #partition: Partition;
  readonly #window: Window;
  readonly #detections: DetectionCursor;
  #expired: Contribution[] = [];
  /** Ids of the detections that are over, if only the data is fresh: that is known at the end. */
  readonly #over: string[] = [];
  #gone: string[] = [];
  readonly #tally = { groups: 0, rows: 0, detections: 0, opened: 0, resolved: 0, due: 0, expiredRows: 0 };

  constructor(
    stores: Stores,
    settings: ScanSettings,
    sinks: readonly SinkState[],
    partition: Partition,
    window: Window,
  ) {
    this.#stores = stores;
    this.#settings = settings;
    this.#sinks = sinks;
    this.#partition = partition;
    this.#window = window;
    this.#detections = new DetectionCursor(stores.detections.scan(partition));
  }

  /** `newestElsewhere`: the newest report that other partitions are known to hold, '' for none. */
  async run(newestElsewhere: Timestamp | ''): Promise<ScanTally> {
    const cutter = new GroupCutter(this.#window, this.#settings.rule.grain);
    const scorer = new AddressScorer(this.#settings.rule);
    for await (const page of this.#stores.hourlyCounts.scan(this.#partition)) {
      this.#tally.rows += page.length;
      await this.#takeAll(scorer.push(cutter.push(page)));
      await this.#expire(page);
    }
    await this.#takeAll(scorer.push(cutter.finish()));
    await this.#takeAll(scorer.finish());
    for await (const row of this.#detections.before(LAST)) await this.#unmatched(row);
    const newest = cutter.newest > newestElsewhere ? cutter.newest : newestElsewhere;
    await this.#resolve(isFresh(newest, this.#window.asOf));
    await this.#removeExpired();
    return { ...this.#tally, newestReport: cutter.newest };
  }

  async #takeAll(addresses: readonly Address[]): Promise<void> {
    for (const address of addresses) await this.#take(address);
  }

  /** Everything up to and with one address: the detections before it, and those that it has or gets. */
  async #take(address: Address): Promise<void> {
    this.#tally.groups += address.groups;
    for await (const row of this.#detections.before(address.addressPart)) await this.#unmatched(row);
    const before = new Map<string, Versioned<DetectionRow>>();
    for await (const row of this.#detections.within(address.addressPart)) {
      before.set(detectionIdOf(row.row.detection), row);
    }
    for (const each of address.matched) {
      const finding = findingOf(each, this.#settings.rule.grain);
      const id = detectionIdOf(finding);
      this.#tally.detections++;
      const sight = { window: this.#window, suppressedBy: '' };
      await this.#advance(before.get(id) ?? null, id, (detection) => matched(detection, finding, sight));
      before.delete(id);
    }
    for (const row of before.values()) await this.#unmatched(row);
  }

  /** Takes the step that the row asks for. Somebody else may write it meanwhile: then the step is asked for anew. */
  async #advance(found: Versioned<DetectionRow> | null, id: string, stepOf: (before: Detection | null) => Step) {
    const { detections } = this.#stores;
    let before = found;
    for (;;) {
      const step = stepOf(before?.row.detection ?? null);
      const now = step.kind === 'none' ? before?.row.detection : step.detection;
      if (now === undefined) return;
      const changed = step.kind !== 'none' && !isDeepStrictEqual(before?.row.detection, step.detection);
      const written =
        !changed || (await (before === null ? detections.insert(now) : detections.update(now, before.version)));
      if (written !== null) {
        if (changed) this.#count(before?.row.detection, now);
        return await this.#tell({ detection: now, deliveries: before?.row.deliveries ?? {} });
      }
      before = await detections.get(id);
    }
  }

  #count(before: Detection | undefined, now: Detection): void {
    if (before?.episode !== now.episode) this.#tally.opened++;
    if (now.state === 'resolved') this.#tally.resolved++;
  }

  async #unmatched(found: Versioned<DetectionRow>): Promise<void> {
    const { detection } = found.row;
    const isOld = detection.state === 'resolved' && detection.lastMatched < this.#settings.expireDetections;
    if (isOld) this.#gone.push(detectionIdOf(detection));
    else if (unmatched(detection, { window: this.#window, suppressedBy: '' }).kind === 'none')
      await this.#tell(found.row);
    else this.#over.push(detectionIdOf(detection));
  }

  async #resolve(fresh: boolean): Promise<void> {
    const sight = { window: this.#window, suppressedBy: '' };
    for (const id of this.#over) {
      const found = await this.#stores.detections.get(id);
      await this.#advance(found, id, (before) =>
        before === null || !fresh ? { kind: 'none' } : unmatched(before, sight),
      );
    }
  }

  /** Puts what is due on the `notify` queue: a hint, the row is the truth. */
  async #tell({ detection, deliveries }: DetectionRow): Promise<void> {
    const detectionId = detectionIdOf(detection);
    for (const { name: sink, since, disabledAt } of this.#sinks) {
      if (disabledAt !== null || dueOf(detection, deliveries[sink], since) !== 'due') continue;
      await this.#stores.queues.send('notify', { detectionId, sink });
      this.#tally.due++;
    }
  }

  async #expire(page: readonly Contribution[]): Promise<void> {
    for (const row of page) {
      if (row.Timestamp > this.#settings.expireRows) continue;
      this.#expired.push(row);
      if (this.#expired.length === REMOVED_AT_ONCE) await this.#removeExpired();
    }
  }

  async #removeExpired(): Promise<void> {
    const rows = this.#expired;
    const ids = this.#gone;
    this.#expired = [];
    this.#gone = [];
    this.#tally.expiredRows += rows.length;
    if (rows.length > 0) await this.#stores.hourlyCounts.remove(this.#partition, rows);
    if (ids.length > 0) await this.#stores.detections.remove(this.#partition, ids);
  }
}

/** Comes after every groupId. */
const LAST = 'g';

/** The detections of a partition, taken in key order as far as is asked for. */
class DetectionCursor {
  readonly #pages: AsyncIterator<readonly Versioned<DetectionRow>[]>;
  #page: readonly Versioned<DetectionRow>[] = [];
  #next = 0;

  constructor(pages: AsyncIterable<readonly Versioned<DetectionRow>[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Those whose address comes before this one. */
  before(addressPart: string) {
    return this.#takeWhile((part) => part < addressPart);
  }

  /** Those of this address. */
  within(addressPart: string) {
    return this.#takeWhile((part) => part === addressPart);
  }

  async *#takeWhile(wanted: (addressPart: string) => boolean): AsyncGenerator<Versioned<DetectionRow>> {
    for (;;) {
      const row = this.#page[this.#next];
      if (row === undefined) {
        const page = await this.#pages.next();
        if (page.done) return;
        this.#page = page.value;
        this.#next = 0;
      } else {
        if (!wanted(addressPartOf(row.row.detection.groupId))) return;
        this.#next++;
        yield row;
      }
    }
  }
}

/** When contributions and detections are too old to keep, seen from `now`; a run for a past hour removes no more than it did. */
export function expiryOf(asOf: Timestamp, now: Timestamp, retentionDays: number, historyDays: number) {
  const from = asOf < now ? asOf : now;
  return {
    expireRows: addMs(from, -retentionDays * DAY_MS),
    expireDetections: addMs(from, -historyDays * DAY_MS),
  };
}
