import { segmentBytesOf } from '../src/ingest/segment_cutter.ts';
import type { Shape } from './cost_shapes.ts';
import { countFilesRun, type HourlyRuns, type ModelledRun, RUN } from './run_model.ts';

/** What a month costs, from what was measured, what the platform's limits make of it, and a list of prices. */
/** bench/local_requests.json */
export interface Measured {
  readonly measured: string;
  readonly command: string;
  readonly on: string;
  readonly devices: number;
  readonly hours: number;
  readonly bytes: number;
  readonly lines: number;
  readonly reports: number;
  readonly rows: number;
  readonly groups: number;
  readonly segments: number;
  readonly detections: number;
  readonly notifications: number;
  readonly invocations: Record<string, { count: number; durationMs: number; lineBytes: number }>;
  readonly requests: readonly {
    readonly operation: string;
    readonly functions: number;
    readonly host: number;
    readonly byFunction: Readonly<Record<string, number>>;
  }[];
}

/** bench/prices.json */
export type Prices = Readonly<
  Record<
    string,
    {
      readonly usd: number;
      readonly per: string;
      readonly free?: number;
      readonly what: string;
      readonly where: string;
    }
  >
>;

/** What is assumed and was not measured; each said in docs/costs.md. */
export const ASSUMED = {
  hoursOfMonth: 730,
  /** The sweep's timer; each finds the growing export longer. */
  sweepsPerHour: 12,
  /** Of Defender's reports (SOURCES=defender). The first segment of an export is shorter; each sweep has one anyway. */
  segmentBytes: segmentBytesOf(['defender']),
  /** Of a transaction, one after the other; four are on their way at a time. */
  secondsPerTransaction: 0.02,
  /** CPU time of reading exports, on one core: bench:memory. */
  cpuSecondsPerGb: 9.5,
  /** HISTORY_DAYS and exportsKeepDays, as they are by default. */
  historyDays: 90,
  exportsKeepDays: 30,
  /** A row of HourlyCounts as the service counts it: names and values of its columns, in UTF-16. */
  rowBytes: 1_450,
  /** A row of a count file: ADR 013. */
  fileRowBytes: 21,
  /** Mean of an exporter's append, once device tables were among what it exports: one tenant, July 2026. */
  appendBytes: 35_600,
  /** The platform polls each queue every ten seconds to decide on instances; ours and the poison queues. */
  polledQueues: 6,
  lookEverySeconds: 10,
  /** Rows of the host for each of ours, by trigger: lines of its log, and one request. Queue and blob triggers write three. */
  hostLines: { queue: 4, timer: 3 },
  notificationsPerDevice: 1,
  memoryGb: 0.5,
  alertRules: 7,
} as const;

const INGEST = ['ingestExport', 'ingestQueued'];

export interface Month {
  readonly devices: number;
  readonly run: ModelledRun;
  /** What the platform's limits are about. */
  readonly scale: Readonly<Record<'gbPerHour' | 'rowsPerSecond' | 'rowsPerPartition', number>>;
  readonly amounts: Readonly<
    Record<'exportGb' | 'reports' | 'segments' | 'tableTransactions' | 'gigabyteSeconds', number>
  >;
  readonly usd: Readonly<Record<(typeof LINES)[number][0], number>>;
  readonly ours: number;
  readonly exporter: number;
  readonly logAnalytics: number;
}

export const LINES = [
  ['tables', 'Tables: transactions and storage'],
  ['blobs', 'Blobs: exports read and listed, count files'],
  ['queues', 'Queues, with the platform’s polling'],
  ['functions', 'Functions: time and executions, after the free grant'],
  ['logs', 'Log: ingestion, after the free 5 GB'],
  ['alerts', 'Alert rules'],
] as const;

/** Requests of some functions, by service and operation. */
export function requestsOf(measured: Measured, operation: RegExp, functions: readonly string[]): number {
  return measured.requests
    .filter((each) => operation.test(each.operation))
    .flatMap(({ byFunction }) => functions.map((name) => byFunction[name] ?? 0))
    .reduce((sum, count) => sum + count, 0);
}

/**
 * Transactions that a segment of so many rows takes: each of the sixteen partitions has its own, a hundred rows at most,
 * and on average half of one that is not full.
 */
export function transactionsOf(rows: number): number {
  const touched = 1 - (15 / 16) ** rows;
  return 16 * Math.max(touched, rows >= 160 ? rows / 1600 + 0.5 : 0);
}

/** What was counted: a run of the whole system, and hourly runs of large tenants. */
export interface CostInputs {
  readonly measured: Measured;
  readonly hourly: HourlyRuns;
}

export function monthOf(devices: number, shape: Shape, { measured, hourly }: CostInputs, prices: Prices): Month {
  const { hoursOfMonth: hours, sweepsPerHour } = ASSUMED;
  const price = (name: string) => {
    const found = prices[name];
    if (!found) throw new RangeError(`no price ${name}`);
    return found.usd;
  };
  const free = (name: string) => prices[name]?.free ?? 0;

  const bytes = shape.bytes * devices * hours;
  const rowsPerHour = shape.rows * devices;
  const sweeps = sweepsPerHour * hours;
  const segments = sweeps + Math.floor(bytes / ASSUMED.segmentBytes);
  const transactions = segments * transactionsOf((rowsPerHour * hours) / segments);
  const perSegment = (operation: RegExp) => (requestsOf(measured, operation, INGEST) / measured.segments) * segments;

  const run = countFilesRun(devices, shape, hourly);
  const perRun = hours * run.tableRequests;
  const notifications = ASSUMED.notificationsPerDevice * devices;
  const perNotification = requestsOf(measured, /^table/, ['notifyDetection']) / Math.max(1, measured.notifications) + 1;
  const sweepQueries = sweeps * (1 + Math.ceil((24 * ASSUMED.historyDays) / 1000));
  const tableTransactions =
    transactions +
    perSegment(/^table (gets|inserts|updates)/) +
    perRun +
    sweepQueries +
    notifications * perNotification;

  const blobReads = perSegment(/^blob (reads|properties)/) + hours * run.blobReads;
  // A listing costs as much as a write. The runs list the count files once an hour.
  const listings = sweeps + 2 * hours + perSegment(/^blob writes/) + hours * run.blobWrites;
  const rowsKept = rowsPerHour * 24 * (RUN.retentionDays + 2);
  const fileBytes =
    (run.rowsOfFiles / RUN.windowHours) * 24 * RUN.countFileDays * ASSUMED.fileRowBytes +
    run.written * 24 * RUN.softDeleteDays;
  const looks = ((hours * 3600) / ASSUMED.lookEverySeconds) * ASSUMED.polledQueues;
  // Each message is sent, received and taken off; the sweep looks into the poison queues.
  const perSweep =
    requestsOf(measured, /^queue (receives|properties)/, ['sweepExports']) /
    (measured.invocations['sweepExports']?.count ?? 1);
  const queueOperations = looks + 3 * (segments + (1 + run.invocations) * hours + notifications) + perSweep * sweeps;

  // No execution is billed for less than a second.
  const billed = (count: number, total: number) => Math.max(count, total);
  const reading = ASSUMED.secondsPerTransaction * transactions + ((bytes / 1e9) * ASSUMED.cpuSecondsPerGb) / RUN.cores;
  const gigabyteSeconds =
    ASSUMED.memoryGb *
    (billed(segments, reading) + hours * (1 + run.billedSeconds) + billed(sweeps, 0) + billed(notifications, 0));
  const executions = segments + (1 + run.invocations) * hours + sweeps + notifications;
  const lines = Object.values(measured.invocations).reduce((sum, each) => sum + each.count, 0);
  const lineBytes = Object.values(measured.invocations).reduce((sum, each) => sum + each.lineBytes, 0) / lines;
  const timers = sweeps + hours;
  const { queue, timer } = ASSUMED.hostLines;
  const logGb = (((executions - timers) * (1 + queue) + timers * (1 + timer)) * lineBytes) / 1e9;

  const usd = {
    tables:
      (tableTransactions / 10_000) * price('tableTransactions') +
      ((rowsKept * ASSUMED.rowBytes) / 1e9) * price('tableStorage'),
    blobs:
      (blobReads / 10_000) * price('blobReads') +
      (listings / 10_000) * price('blobWrites') +
      (fileBytes / 1e9) * price('blobStorage'),
    queues: (queueOperations / 10_000) * price('queueOperations'),
    functions:
      Math.max(0, gigabyteSeconds - free('gigabyteSeconds')) * price('gigabyteSeconds') +
      (Math.max(0, executions - free('executions')) / 1e6) * price('executions'),
    logs: Math.max(0, logGb - free('logIngestion')) * price('logIngestion'),
    alerts: ASSUMED.alertRules * price('alertRule'),
  };
  const appends = bytes / ASSUMED.appendBytes;
  const stored = (bytes / 1e9) * (ASSUMED.exportsKeepDays / (hours / 24));
  return {
    devices,
    run,
    scale: {
      gbPerHour: bytes / hours / 1e9,
      rowsPerSecond: rowsPerHour / 3600,
      rowsPerPartition: rowsKept / 16,
    },
    amounts: {
      exportGb: bytes / 1e9,
      reports: shape.reports * devices * hours,
      segments,
      tableTransactions,
      gigabyteSeconds,
    },
    usd,
    ours: Object.values(usd).reduce((sum, each) => sum + each, 0),
    exporter: (appends / 10_000) * price('blobWrites') + stored * price('blobStorage'),
    logAnalytics: Math.max(0, bytes / 1e9 - free('logIngestion')) * price('logIngestion'),
  };
}
