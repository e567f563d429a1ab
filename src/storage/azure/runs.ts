import { odata } from '@azure/data-tables';
import * as z from 'zod';
import { type BaselineState, joinedBaseline, NO_BASELINE_YET } from '../../core/detections/baseline.ts';
import { type Timestamp, timestampFromMs } from '../../core/kql/timestamp.ts';
import { type Day, isDay } from '../../core/records/day.ts';
import { BAD, unlessBad } from '../bad_rows.ts';
import { PARTITIONS } from '../keys.ts';
import { CONFLICT, retryOnConflict } from '../optimistic.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import { type Boundary, MAX_BOUNDARIES, type Run, type Runs } from '../ports/runs.ts';
import type { StorageClients } from './clients.ts';
import { goodRows, int32, int64, json, jsonOf, orNull, readColumns, TEXT, TIME, WHOLE, wellFormed } from './columns.ts';
import { TABLES } from './names.ts';
import { type NewTableRow, Table, type TableRow } from './table.ts';

const PARTITION = 'runs';
/** The row of the last daily removal. */
const EXPIRY = { partitionKey: 'expiry', rowKey: 'last' };
/** The row of the baseline. */
const BASELINE = { partitionKey: 'baseline', rowKey: 'state' };
/** The row of the boundaries of closed days. */
const CLOSING = { partitionKey: 'closing', rowKey: 'boundaries' };

/** The partition of the days whose count files are the only copy: a row each. */
const SEALED = 'sealed';

/** The `Runs` table: one partition with the runs in order of asOf, and two rows beside it; one with sealed days. */
export class AzureRuns implements Runs {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.runs);
  }

  async put(run: Run): Promise<void> {
    await this.#table.put(encodeRun(run));
  }

  async *since(asOf: Timestamp): AsyncGenerator<Run> {
    const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${asOf}`;
    for await (const page of this.#table.pages('list', { filter })) yield* goodRows(page, decodeRun);
  }

  async lastExpiry(): Promise<Timestamp | null> {
    const row = await this.#table.get(EXPIRY.partitionKey, EXPIRY.rowKey);
    // A bad row counts as none: the removal is repeated, which is harmless, and writes the row again.
    const time = TIME.safeParse(row?.['AsOf']);
    return time.success ? time.data : null;
  }

  async noteExpiry(asOf: Timestamp): Promise<void> {
    await this.#table.put({ ...EXPIRY, AsOf: asOf });
  }

  async boundaries(): Promise<readonly Boundary[]> {
    const row = await this.#table.get(CLOSING.partitionKey, CLOSING.rowKey);
    return row === null ? [] : decodeBoundaries(row);
  }

  async moveBoundary(next: Boundary): Promise<void> {
    await retryOnConflict('boundary', async () => {
      const row = await this.#table.get(CLOSING.partitionKey, CLOSING.rowKey);
      const found = row && (await unlessBad(Promise.resolve(row).then(decodeBoundaries)));
      // A bad row is noted, and written again.
      const before = found === BAD || found === null ? [] : found;
      const last = before.at(-1);
      if (last !== undefined && next.firstOpen <= last.firstOpen) return true;
      const written = encodeBoundaries([...before, next].slice(-MAX_BOUNDARIES));
      const version =
        row === null ? await this.#table.insert(written) : await this.#table.update(written, 'Replace', row.etag);
      return version === null ? CONFLICT : true;
    });
  }

  async noteSealed(day: Day): Promise<void> {
    await this.#table.put({ partitionKey: SEALED, rowKey: day });
  }

  async sealedDays(): Promise<readonly Day[]> {
    const days: Day[] = [];
    for await (const page of this.#table.pages('list', { filter: odata`PartitionKey eq ${SEALED}` })) {
      days.push(...page.map(({ rowKey = '' }) => rowKey).filter(isDay));
    }
    return days;
  }

  async forgetSealed(before: Day): Promise<void> {
    const days = (await this.sealedDays()).filter((day) => day < before);
    if (days.length > 0) await this.#table.deleteAll(SEALED, days);
  }

  async baseline(): Promise<BaselineState> {
    const row = await this.#table.get(BASELINE.partitionKey, BASELINE.rowKey);
    if (row === null) return NO_BASELINE_YET;
    const found = await unlessBad(Promise.resolve(row).then(decodeBaseline));
    // To begin again would be a day of silence.
    return found === BAD ? ENDED : found;
  }

  async noteBaseline(next: BaselineState): Promise<void> {
    await retryOnConflict('baseline', async () => {
      const row = await this.#table.get(BASELINE.partitionKey, BASELINE.rowKey);
      const before = row === null ? NO_BASELINE_YET : await unlessBad(Promise.resolve(row).then(decodeBaseline));
      // A row that cannot be read stays as it is, for somebody to repair.
      if (before === BAD) return true;
      const { firstContext, ended } = joinedBaseline(before, next);
      if (firstContext === before.firstContext && ended === before.ended) return true;
      const written = { ...BASELINE, FirstContext: firstContext, Ended: ended };
      const version =
        row === null ? await this.#table.insert(written) : await this.#table.update(written, 'Replace', row.etag);
      return version === null ? CONFLICT : true;
    });
  }

  async expire(before: Timestamp): Promise<void> {
    const filter = odata`PartitionKey eq ${PARTITION} and RowKey lt ${before}`;
    for await (const page of this.#table.pages('list', { filter, select: ['rowKey'] })) {
      await this.#table.deleteAll(
        PARTITION,
        page.map((row) => row.rowKey ?? ''),
      );
    }
  }
}

function encodeRun(run: Run): NewTableRow {
  return {
    partitionKey: PARTITION,
    rowKey: `${run.asOf}|${run.partition}`,
    AsOf: run.asOf,
    Partition: run.partition,
    Groups: int32(run.groups),
    Rows: int64(run.rows),
    Detections: int32(run.detections),
    Opened: int32(run.opened),
    Resolved: int32(run.resolved),
    Pending: int32(run.pending),
    ...(run.requests === null ? {} : { Requests: int64(run.requests) }),
    NewestReport: run.newestReport,
    DurationMs: int64(Math.round(run.durationMs)),
    EndedAt: int64(run.endedAt),
    BadRows: int32(run.badRows),
    BadRow: wellFormed(run.badRow),
    FileFault: wellFormed(run.fileFault),
    ContextFault: wellFormed(run.contextFault),
    ...(run.contextPartitions === null ? {} : { ContextPartitions: int32(run.contextPartitions) }),
    ...(run.oldestUnreadMs === null ? {} : { OldestUnreadMs: int64(Math.round(run.oldestUnreadMs)) }),
  };
}

const ROW = z.object({
  AsOf: TIME,
  Partition: z.custom<Partition>((value) => PARTITIONS.includes(value as Partition), { error: 'must be a partition' }),
  Groups: WHOLE,
  Rows: WHOLE,
  Detections: WHOLE,
  Opened: WHOLE,
  Resolved: WHOLE,
  Pending: WHOLE,
  Requests: orNull(WHOLE),
  NewestReport: z.union([z.literal(''), TIME], { error: 'must be a time or empty' }),
  DurationMs: WHOLE,
  EndedAt: WHOLE,
  OldestUnreadMs: orNull(WHOLE),
  BadRows: orNull(WHOLE),
  BadRow: orNull(TEXT),
  FileFault: orNull(TEXT),
  ContextPartitions: orNull(WHOLE),
  ContextFault: orNull(TEXT),
});

/** Throws a BadRowError where the row is not one of Runs. */
function decodeRun(row: TableRow): Run {
  const columns = readColumns(TABLES.runs, ROW, row);
  return {
    asOf: columns.AsOf,
    partition: columns.Partition,
    groups: columns.Groups,
    rows: columns.Rows,
    detections: columns.Detections,
    opened: columns.Opened,
    resolved: columns.Resolved,
    pending: columns.Pending,
    requests: columns.Requests,
    newestReport: columns.NewestReport,
    durationMs: columns.DurationMs,
    endedAt: columns.EndedAt,
    oldestUnreadMs: columns.OldestUnreadMs,
    badRows: columns.BadRows ?? 0,
    badRow: columns.BadRow ?? '',
    fileFault: columns.FileFault ?? '',
    contextPartitions: columns.ContextPartitions,
    contextFault: columns.ContextFault ?? '',
  };
}

const ENDED: BaselineState = { firstContext: '', ended: timestampFromMs(0) };

const TIME_OR_NONE = z.union([z.literal(''), TIME], { error: 'must be a time or empty' });
const BASELINE_ROW = z.object({ FirstContext: TIME_OR_NONE, Ended: TIME_OR_NONE });

/** Throws a BadRowError where the row is not that of the baseline. */
function decodeBaseline(row: TableRow): BaselineState {
  const { FirstContext, Ended } = readColumns(TABLES.runs, BASELINE_ROW, row);
  return { firstContext: FirstContext, ended: Ended };
}

function encodeBoundaries(boundaries: readonly Boundary[]): NewTableRow {
  return { ...CLOSING, Boundaries: json(boundaries) };
}

const BOUNDARIES = z.object({
  Boundaries: jsonOf(
    z.array(z.object({ firstOpen: z.string().refine(isDay, { error: 'must be a day' }), since: z.int() })),
  ),
});

/** Throws a BadRowError where the row is not that of the boundaries. */
function decodeBoundaries(row: TableRow): readonly Boundary[] {
  return readColumns(TABLES.runs, BOUNDARIES, row).Boundaries as readonly Boundary[];
}
