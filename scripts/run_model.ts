import { partitionsTogether } from '../src/scoring/partitions_together.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import type { Shape } from './cost_shapes.ts';

/** Azure's targets, and what was measured here; each said in docs/costs.md. */
export const RUN = {
  /** Rows a second that one partition of a table is good for, by Azure's own target. */
  partitionRowsPerSecond: 2_000,
  /** The same of a storage account, reads and writes together. */
  accountRowsPerSecond: 20_000,
  /** `functionTimeout`, and the time until the next run. */
  limitSeconds: 3_600,
  /** CPU time of an open detection that is read, assessed and written: bench:pages, bench:tenant. */
  cpuMicrosecondsPerDetection: 320,
  /** A request of a run that waits for the one before. */
  secondsPerRequest: 0.02,
  /** Of an instance of 512 MB. */
  cores: 0.25,
  /** RETENTION_DAYS and COUNT_FILE_DAYS by default. */
  retentionDays: 4,
  countFileDays: 30,
  /** Hours of a window. */
  windowHours: 72,
  /** Rows per device and hour of the tenant whose runs were counted. */
  countedRows: 18,
  /** Overwritten files stay so long in the account of the app (soft delete). */
  softDeleteDays: 7,
} as const;

/** One run of a partition, as it was counted. */
interface CountedRun {
  readonly requests: number;
  readonly byOperation: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly written: number;
  readonly cpuMs: number;
}

/** bench/hourly.json */
export interface HourlyRuns {
  readonly measured: string;
  readonly command: string;
  readonly runs: {
    readonly devices: number;
    /** Rows of the window. */
    readonly scanned: number;
    readonly first: CountedRun;
    readonly quiet: CountedRun;
    readonly usual: CountedRun;
    /** Once for all partitions in such an hour: the sum of the context, and the process view. */
    readonly begin: CountedRun;
    readonly processes: CountedRun;
  }[];
}

/** One hourly run of all partitions. */
export interface ModelledRun {
  readonly invocations: number;
  /** Rows of tables that it reads, and rows of count files. */
  readonly rowsRead: number;
  readonly rowsOfFiles: number;
  readonly tableRequests: number;
  readonly blobReads: number;
  readonly blobWrites: number;
  /** Bytes that it writes into files. */
  readonly written: number;
  /** CPU seconds on a whole core, all partitions together. */
  readonly cpuSeconds: number;
  /** From the first request to the last write, all invocations side by side. */
  readonly seconds: number;
  /** Billed of all invocations together: none is billed for less than a second. */
  readonly billedSeconds: number;
  /** Whether it ends before the next one begins, within the time that a function may run. */
  readonly fits: boolean;
}

const TABLES = /^(hourlyCounts|detections|runs|suppressions)\./;
const BLOB_READS = /^(countFiles|context)\.(open|read)$/;
/** A listing costs as much as a write; a removal is free. */
const BLOB_WRITES = /^(countFiles|context)\.(put|stage|commit|names)$/;

/**
 * A usual hourly run: what the counted runs of one partition took, between them in proportion to the rows of an hour. Beside it
 * are the open detections, read and written by the hundred, and the daily check. Reads and writes share the account's limit with the
 * rows and entries that ingest writes meanwhile. Waiting and CPU time follow one another.
 */
export function countFilesRun(devices: number, shape: Shape, hourly: HourlyRuns): ModelledRun {
  const rowsPerHour = shape.rows * devices;
  const open = shape.detections * devices;
  const all = (of: (run: CountedRun) => number) =>
    PARTITIONS.length * between(hourly, rowsPerHour / RUN.countedRows, ({ usual }) => of(usual));
  const ofSize = (of: (run: HourlyRuns['runs'][number]) => number) =>
    between(hourly, rowsPerHour / RUN.countedRows, of);
  const once = (of: (run: CountedRun) => number) => ofSize(({ begin, processes }) => of(begin) + of(processes));
  const secondsOf = ({ requests, cpuMs }: CountedRun) => requests * RUN.secondsPerRequest + cpuMs / 1_000 / RUN.cores;
  const requestsOf = (names: RegExp) => (run: CountedRun) =>
    Object.entries(run.byOperation).reduce((sum, [name, count]) => sum + (names.test(name) ? count : 0), 0);
  const rowsOfFiles = rowsPerHour * RUN.windowHours;
  const each = rowsOfFiles / PARTITIONS.length;
  const invocations = partitionsTogether(new Map(PARTITIONS.map((name) => [name, each]))).length;
  const rate = Math.min(
    invocations * RUN.partitionRowsPerSecond,
    Math.max(1, RUN.accountRowsPerSecond - rowsPerHour / 3_600),
  );
  // An hour is compared with the table once a day.
  const rowsRead = all(({ rows }) => rows) + rowsPerHour / 24;
  const tableRequests = all(requestsOf(TABLES)) + rowsPerHour / 24 / 1_000 + open / 1_000 + open / 100;
  const blobReads = all(requestsOf(BLOB_READS));
  const blobWrites = all(requestsOf(BLOB_WRITES));
  const cpuSeconds = all(({ cpuMs }) => cpuMs) / 1_000 + (open * RUN.cpuMicrosecondsPerDetection) / 1e6;
  // The sum of the context comes before the partitions, the process view beside them.
  const [beginSeconds, processSeconds] = [
    ofSize(({ begin }) => secondsOf(begin)),
    ofSize(({ processes }) => secondsOf(processes)),
  ];
  const waiting = Math.max(
    (rowsRead + 2 * open) / rate,
    ((tableRequests + blobReads + blobWrites) * RUN.secondsPerRequest) / invocations,
  );
  const ofPartitions = waiting + cpuSeconds / RUN.cores / invocations;
  const seconds = beginSeconds + Math.max(ofPartitions, processSeconds);
  return {
    invocations,
    rowsRead,
    rowsOfFiles,
    tableRequests: tableRequests + once(requestsOf(TABLES)),
    blobReads: blobReads + once(requestsOf(BLOB_READS)),
    blobWrites: blobWrites + once(requestsOf(BLOB_WRITES)),
    written: all(({ written }) => written),
    cpuSeconds: cpuSeconds + once(({ cpuMs }) => cpuMs) / 1_000,
    seconds,
    billedSeconds: Math.max(invocations, ofPartitions * invocations) + Math.max(1, processSeconds) + beginSeconds,
    fits: seconds <= RUN.limitSeconds,
  };
}

/** A number of one partition at so many devices of the counted tenant: in proportion between two counted sizes, and above the last. */
function between({ runs }: HourlyRuns, devices: number, of: (run: HourlyRuns['runs'][number]) => number): number {
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('no counted run');
  if (devices <= first.devices) return of(first);
  if (devices >= last.devices) return (of(last) * devices) / last.devices;
  const n = runs.findIndex((run) => run.devices > devices);
  const [below, above] = [runs[n - 1] ?? first, runs[n] ?? last];
  const share = (devices - below.devices) / (above.devices - below.devices);
  return of(below) + share * (of(above) - of(below));
}

/** The number of devices, in thousands, above which a run no longer ends in time, or ingest alone fills the account. */
export function ceilingOf(shape: Shape, hourly: HourlyRuns): number {
  let [fits, fails] = [0, 10_000_000];
  while (fails - fits > 1_000) {
    const devices = (fits + fails) / 2;
    const isWritten = (shape.rows * devices) / 3_600 < RUN.accountRowsPerSecond / 2;
    if (isWritten && countFilesRun(devices, shape, hourly).fits) fits = devices;
    else fails = devices;
  }
  return Math.floor(fits / 1_000);
}
