import { Buffer } from 'node:buffer';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { addMs } from '../../../src/core/kql/timestamp.ts';
import type { Day } from '../../../src/core/records/day.ts';
import type { RecordFormat } from '../../../src/core/records/reading.ts';
import type { Source } from '../../../src/core/records/report.ts';
import { replayed } from '../../../src/ingest/export_state.ts';
import { Ingest } from '../../../src/ingest/ingest.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { groupIdOf, partitionOf } from '../../../src/storage/keys.ts';
import type { ExportRef } from '../../../src/storage/ports/exports.ts';
import type { HourlyCounts } from '../../../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { P3 } from '../../contract/samples.ts';
import { REFUSED_DEVICE } from '../ingest/author.ts';
import { gated } from '../ingest/gate.ts';
import type { Ground } from '../ingest/grounds.ts';
import { rawEvents } from '../ingest/raw_events.ts';
import { lines, report } from '../ingest/world.ts';
import { at, type RowSpec, type Step, type World } from './count_world.ts';

/** What a worker of the real ingest does, and what happens to the exports that it reads. */
export type ExportActor =
  | { readonly kind: 'export'; readonly name: string; readonly change: Change }
  | {
      readonly kind: 'read';
      readonly name: string;
      readonly segmentBytes: number;
      /** A reader that was corrected: it reads other facts out of the same report. */
      readonly isCorrected: boolean;
      /** It sleeps before it writes rows, until the last act. */
      readonly isZombie: boolean;
      readonly diesAt: number;
      readonly sleepsAt: number;
      readonly rounds: number;
    }
  /** Closes the first day. */
  | { readonly kind: 'close' };

export type Change =
  /** `isOpen`: the last line has no end yet. */
  | { readonly how: 'append' | 'raw' | 'replace'; readonly rows: readonly RowSpec[]; readonly isOpen: boolean }
  | { readonly how: 'foreign' | 'delete' | 'replay' };

export type IngestStores = Pick<Stores, 'exportStates'>;

/** The exporter's side of a world. */
export class ExportSide {
  readonly ground: Ground;
  readonly #clock: { now: number };
  #changes: Promise<void> = Promise.resolve();
  #workers = 0;
  #isClosed = false;
  /** An ingest that began before the day was closed is over. */
  mayBeSealed = false;
  #asleep: (() => Promise<void>)[] = [];
  readonly #sleeping: (() => void)[] = [];
  #woken: Promise<void>[] = [];

  constructor(ground: Ground, clock: { now: number }) {
    this.ground = ground;
    this.#clock = clock;
  }

  /** Leases of workers that died have expired, and every worker of the act before has ended but for those that sleep. */
  begin(isLast: boolean): void {
    this.#clock.now += 7 * HOUR_MS;
    this.mayBeSealed = this.#isClosed;
    if (!isLast) return;
    for (const wake of this.#sleeping) wake();
    this.#woken = this.#asleep.map((end) => end());
    this.#asleep = [];
  }

  get woken(): readonly Promise<void>[] {
    return this.#woken;
  }

  /** One change after the other, as one exporter makes them. */
  apply(actor: Extract<ExportActor, { kind: 'export' }>): Promise<void> {
    const done = this.#changes.then(() => this.#change(actor));
    this.#changes = done.catch(() => {});
    return done;
  }

  async #change({ name, change }: Extract<ExportActor, { kind: 'export' }>): Promise<void> {
    const ref = refOf(name);
    switch (change.how) {
      case 'append':
      case 'raw':
        return await this.ground.append(ref, bytesOf(change));
      case 'replace':
        // Times of creation are in whole seconds.
        this.#clock.now += 1000;
        return await this.ground.replace(ref, bytesOf(change));
      case 'foreign':
        return await this.ground.replace(ref, Buffer.from(lines({ level: 'info' })));
      case 'delete':
        return await this.ground.remove(ref);
      case 'replay': {
        const { exportStates } = this.ground.stores;
        const found = await exportStates.get(ref);
        if (found) await exportStates.replace(replayed(found.row), found.version);
      }
    }
  }

  async close(): Promise<void> {
    await this.ground.stores.runs.moveBoundary({ firstOpen: '2026-11-21' as Day, since: this.#clock.now });
    this.#isClosed = true;
  }

  async read(
    actor: Extract<ExportActor, { kind: 'read' }>,
    hourlyCounts: HourlyCounts,
    changed: Partial<IngestStores>,
    step: Step,
  ): Promise<void> {
    const stores = gated({ ...this.ground.stores, ...changed }, (call) => step(call.op, () => call.run()));
    const worker = `worker-${this.#workers++}`;
    const formats = actor.isCorrected ? FORMATS.map(corrected) : FORMATS;
    const settings = { retentionDays: 5, segmentBytes: actor.segmentBytes, blockBytes: 300 };
    const ingest = new Ingest(
      { ...stores, hourlyCounts },
      formats,
      settings,
      () => this.#clock.now,
      () => worker,
    );
    const work = async () => void (await ingest.ingest(refOf(actor.name), HOUR_MS));
    if (!actor.isZombie) return await work();
    const working = work();
    working.catch(() => {});
    const asleep = new Promise<void>((resolve) => this.#fallsAsleep.set(actor, resolve));
    await Promise.race([working, asleep.then(() => void this.#asleep.push(() => working))]);
  }

  readonly #fallsAsleep = new Map<ExportActor, () => void>();

  async fallAsleep(actor: ExportActor): Promise<void> {
    this.#fallsAsleep.get(actor)?.();
    await new Promise<void>((wake) => this.#sleeping.push(wake));
  }
}

/** Before the workers of an act begin. */
export function beginAct(side: ExportSide | null, isLast: boolean): void {
  side?.begin(isLast);
}

/** The workers that slept, and go on in this act. */
export function wokenUp(side: ExportSide | null): readonly Promise<unknown>[] {
  return (side?.woken ?? []).map((each) => each.catch(() => {}));
}

export async function actOnExports(
  world: World,
  stores: { readonly hourlyCounts: HourlyCounts } & Partial<IngestStores>,
  actor: ExportActor,
  step: Step,
): Promise<void> {
  const side = world.exports;
  if (side === null) throw new Error('a world without exports');
  switch (actor.kind) {
    case 'export':
      return await step(`export ${actor.change.how}`, () => side.apply(actor));
    case 'close':
      return await step('close', async () => {
        await side.close();
        world.isClosed = true;
      });
    case 'read': {
      const { hourlyCounts, exportStates } = stores;
      return await side.read(actor, hourlyCounts, exportStates === undefined ? {} : { exportStates }, step);
    }
  }
}

const FORMATS = [...formatsOf(['defender']), rawEvents];

/** The same reports, whose connections have all failed. */
function corrected(format: RecordFormat): RecordFormat {
  return {
    ...format,
    read: (record) => {
      const reading = format.read(record);
      if (reading.kind !== 'report') return reading;
      const facts = { ...reading.report.facts, ActionType: 'ConnectionFailedAggregatedReport' };
      return { ...reading, report: { ...reading.report, facts } };
    },
  };
}

function refOf(name: string): ExportRef {
  return { container: 'exports', name };
}

/** Groups of partition 3: of reports, and of raw events. The service refuses the rows of one device. */
const DEVICES = ['wks-1', 'wks-2', 'wks-3', REFUSED_DEVICE];
const ADDRESSES = { defender: addressOf('defender'), sysmon: addressOf('sysmon') };

function addressOf(source: Source): string {
  for (let n = 1; ; n++) {
    const key = { source, DeviceName: 'any', InitiatingProcessFileName: 'updater.exe', RemoteIP: `203.0.113.${n}` };
    if (partitionOf(groupIdOf(key)) === P3) return key.RemoteIP;
  }
}

function bytesOf({ how, rows, isOpen }: Extract<Change, { rows: unknown }>): Buffer {
  const text = lines(...rows.map((row) => (how === 'raw' ? eventOf(row) : reportOf(row))));
  return Buffer.from(isOpen ? text.slice(0, -2) : text);
}

function deviceOf({ group }: RowSpec): string {
  return DEVICES[(group - 1) % DEVICES.length] as string;
}

/** Few, so that reports are repeated. */
function reportOf(row: RowSpec): object {
  const { hour, number } = row;
  return report(number, {
    DeviceName: deviceOf(row),
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP: ADDRESSES.defender,
    Timestamp: addMs(at(hour), 1000 * number + (number % 3)),
  });
}

function eventOf(row: RowSpec): object {
  const time = addMs(at(row.hour), MINUTE_MS * row.number);
  const RawEvent = { source: 'sysmon', device: deviceOf(row), process: 'updater.exe', ip: ADDRESSES.sysmon, time };
  return { RawEvent };
}
