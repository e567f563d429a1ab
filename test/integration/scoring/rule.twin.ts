/**
 * The whole rule, slow and obvious: the KQL text line by line, over the lines of an export. It imports nothing, so an
 * error would have to be made twice. Additions run from first to last, as Kusto's do, so that answers agree to the bit.
 */

export interface TwinRule {
  /** 100 ns ticks since 1970. */
  readonly asOf: bigint;
  readonly lookbackMs: number;
  readonly minUniform: number;
  readonly minAverage: number;
  readonly threshold: number;
  readonly grain: 'hour' | 'report';
}

/** A row of the answer, its columns in the rule's order. */
export type TwinRow = Readonly<Record<string, unknown>>;

interface Report {
  readonly ticks: bigint;
  readonly DeviceName: string;
  readonly InitiatingProcessFileName: string;
  readonly RemoteIP: string;
  readonly ConnectionCount: number | null;
  readonly identity: string;
}

/** What the comparison wants to have met, so that it cannot be about nothing. */
export interface TwinStats {
  groups: number;
  matches: number;
  seasons: number;
  outliers: number;
  nulls: number;
  repeats: number;
}

export const HOUR = 36_000_000_000n;

/** The rows of the rule for these lines. */
export function rowsOf(lines: readonly string[], rule: TwinRule, stats: TwinStats): TwinRow[] {
  // DeviceNetworkEvents, each report once however often it was delivered
  const table = new Map<string, Report>();
  for (const line of lines) {
    const report = reportOf(JSON.parse(line));
    if (report === null) continue;
    if (table.has(report.identity)) stats.repeats++;
    table.set(report.identity, report);
  }
  // | where Timestamp > ago(lookback), and nothing after the instant that stands for now()
  const after = rule.asOf - BigInt(rule.lookbackMs) * 10_000n;
  const inWindow = [...table.values()].filter(({ ticks }) => ticks > after && ticks <= rule.asOf);
  // | sort by Timestamp asc | summarize make_list(Timestamp), make_list(ConnectionCount) by …
  inWindow.sort((a, b) => (a.ticks < b.ticks ? -1 : a.ticks > b.ticks ? 1 : 0));
  const groups = new Map<string, Report[]>();
  for (const report of inWindow) {
    const key = JSON.stringify([report.DeviceName, report.InitiatingProcessFileName, report.RemoteIP]);
    const group = groups.get(key) ?? [];
    group.push(report);
    groups.set(key, group);
  }
  const rows: { average: number; key: string[]; row: TwinRow }[] = [];
  for (const reports of groups.values()) {
    stats.groups++;
    const found = rowOf(reports, rule, stats);
    if (found !== null) rows.push(found);
  }
  stats.matches += rows.length;
  // | sort by series_stats_ConnCounts_avg desc; ties by key
  rows.sort((a, b) => {
    if (a.average !== b.average) return b.average - a.average;
    for (let i = 0; i < 3; i++) if (a.key[i] !== b.key[i]) return a.key[i]! < b.key[i]! ? -1 : 1;
    return 0;
  });
  return rows.map(({ row }) => row);
}

function rowOf(reports: readonly Report[], rule: TwinRule, stats: TwinStats) {
  const points = rule.grain === 'report' ? reports.map(pointOf) : hourly(reports);
  const Timestamp = points.map(({ hour }) => textOf(hour));
  // make_list skips nulls
  const ConnCounts = points.map(({ count }) => count).filter((count) => count !== null);
  stats.nulls += points.length - ConnCounts.length;
  if (ConnCounts.length === 0) return null;
  const { flags, season } = anomaliesOf(ConnCounts, rule.threshold);
  const anomalies = flags.filter((flag) => flag === -1 || flag === 1);
  const inlier_count = flags.length - anomalies.length;
  const average = sum(ConnCounts) / ConnCounts.length;
  // | where inlier_count >= min_uniform_count and series_stats_ConnCounts_avg > 45
  if (!(inlier_count >= rule.minUniform && average > rule.minAverage)) return null;
  if (season > 0) stats.seasons++;
  if (anomalies.length > 0) stats.outliers++;
  const { DeviceName, InitiatingProcessFileName, RemoteIP } = reports[0]!;
  const ascending = [...ConnCounts].sort((a, b) => a - b);
  const n = ConnCounts.length;
  const squares = sum(ConnCounts.map((x) => x * x));
  const total = sum(ConnCounts);
  const variance = n === 1 ? null : (n * squares - total * total) / (n * (n - 1));
  return {
    average,
    key: [DeviceName, InitiatingProcessFileName, RemoteIP],
    row: {
      FirstConnection: Timestamp[0],
      LastConnection: Timestamp[Timestamp.length - 1],
      DeviceName,
      InitiatingProcessFileName,
      RemoteIP,
      count_of_hours: Timestamp.length,
      inliner_count: inlier_count,
      outlier_count: anomalies.length,
      avg_conn_count: Math.trunc(average),
      Timestamp,
      ConnCounts,
      anomalies_decomposed: flags,
      series_stats_ConnCounts_min: ascending[0],
      series_stats_ConnCounts_min_idx: ConnCounts.indexOf(ascending[0]!),
      series_stats_ConnCounts_max: ascending[n - 1],
      series_stats_ConnCounts_max_idx: ConnCounts.indexOf(ascending[n - 1]!),
      series_stats_ConnCounts_avg: average,
      series_stats_ConnCounts_stdev: variance === null ? null : Math.sqrt(variance),
      series_stats_ConnCounts_variance: variance,
    },
  };
}

interface Point {
  readonly hour: bigint;
  readonly count: number | null;
}

/** project Timestamp = bin(Timestamp, 1h); no tests before 1970, so that the remainder is what it seems. */
function pointOf({ ticks, ConnectionCount }: Report): Point {
  return { hour: ticks - (ticks % HOUR), count: ConnectionCount };
}

/** Ours, not the rule's: the reports of one clock hour are one point, null where all of them are. */
function hourly(reports: readonly Report[]): Point[] {
  const points = reports.map(pointOf);
  return [...new Set(points.map(({ hour }) => hour))].map((hour) => {
    const counts = points.filter((point) => point.hour === hour && point.count !== null);
    return { hour, count: counts.length === 0 ? null : sum(counts.map(({ count }) => count!)) };
  });
}

// ── one record ────────────────────────────────────────────────────────────────────────────────────────────────────

function reportOf(record: Record<string, unknown>): Report | null {
  const row = (record['properties'] ?? record) as Record<string, unknown>;
  // | where ActionType endswith "AggregatedReport"
  if (!/aggregatedreport$/i.test(String(row['ActionType']))) return null;
  // | where ipv4_is_private(RemoteIP) == false, and the two ranges that are excluded beside it
  const RemoteIP = String(row['RemoteIP'] ?? '');
  if (!isPublic(RemoteIP)) return null;
  // | extend ConnectionCount = toint(parse_json(AdditionalFields).uniqueEventsAggregated)
  const fields = row['AdditionalFields'];
  const parsed = (typeof fields === 'string' && fields !== '' ? JSON.parse(fields) : fields) as {
    uniqueEventsAggregated?: unknown;
  } | null;
  const value = parsed?.uniqueEventsAggregated ?? null;
  const number = typeof value === 'string' ? Number.parseFloat(value) : value;
  const ConnectionCount = typeof number === 'number' && !Number.isNaN(number) ? Math.trunc(number) : null;
  const ticks = ticksOf(String(row['Timestamp'] ?? row['TimeGenerated']));
  const DeviceName = String(row['DeviceName'] ?? '');
  const InitiatingProcessFileName = String(row['InitiatingProcessFileName'] ?? '');
  const { DeviceId, ReportId, ActionType, RemotePort, LocalIP } = row;
  const parts = [
    DeviceId || DeviceName,
    String(ticks),
    ReportId,
    ActionType,
    RemotePort ?? '',
    LocalIP ?? '',
    ConnectionCount,
  ];
  const identity = JSON.stringify([
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    ...parts.map((part) => String(part)),
  ]);
  return { ticks, DeviceName, InitiatingProcessFileName, RemoteIP, ConnectionCount, identity };
}

function isPublic(ip: string): boolean {
  const octets = ip.split('.').map(Number);
  if (!/^[0-9.]+$/.test(ip) || octets.length !== 4 || octets.some((octet) => octet > 255)) return false;
  const [a, b] = octets as [number, number, number, number];
  if (a === 10 || a === 127) return false;
  if (a === 172 && b >= 16 && b <= 31) return false;
  return !(a === 192 && b === 168) && !(a === 169 && b === 254);
}

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysOfMonth = (year: number) => [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Ticks since 1970 of `2026-11-20T08:59:58.9931Z`, by counting days. */
export function ticksOf(text: string): bigint {
  const [date, time] = text.replace('Z', '').split('T') as [string, string];
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const [hour, minute, seconds] = time.split(':') as [string, string, string];
  const [second, fraction = ''] = seconds.split('.') as [string, string?];
  let days = day - 1;
  for (let y = 1970; y < year; y++) days += isLeap(y) ? 366 : 365;
  for (let m = 0; m < month - 1; m++) days += daysOfMonth(year)[m]!;
  const whole = ((BigInt(days) * 24n + BigInt(hour)) * 60n + BigInt(minute)) * 60n + BigInt(second);
  return whole * 10_000_000n + BigInt(fraction.padEnd(7, '0'));
}

/** The other way, as Kusto prints it. */
export function textOf(ticks: bigint): string {
  let days = Number(ticks / (24n * HOUR));
  let year = 1970;
  for (; days >= (isLeap(year) ? 366 : 365); year++) days -= isLeap(year) ? 366 : 365;
  let month = 0;
  for (; days >= daysOfMonth(year)[month]!; month++) days -= daysOfMonth(year)[month]!;
  const rest = ticks % (24n * HOUR);
  const two = (value: bigint | number) => String(value).padStart(2, '0');
  const time = [rest / HOUR, (rest / 600_000_000n) % 60n, (rest / 10_000_000n) % 60n].map(two).join(':');
  const fraction = String(rest % 10_000_000n).padStart(7, '0');
  return `${year}-${two(month + 1)}-${two(days + 1)}T${time}.${fraction}Z`;
}

// ── series_decompose_anomalies(x, threshold, -1) ──────────────────────────────────────────────────────────────────

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The k-th of the sorted values, k not always whole: in between, in proportion. */
function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (rank - Math.floor(rank)) * (above - below);
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  return n % 2 === 1 ? sorted[(n - 1) / 2]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2;
}

function anomaliesOf(x: readonly number[], threshold: number): { flags: number[]; season: number } {
  const season = seasonOf(x);
  const seasonal = x.map((_, i) => (season === 0 ? 0 : middle(x.filter((_, j) => j % season === i % season))));
  const rest = x.map((value, i) => value - seasonal[i]!);
  const trend = sum(rest) / rest.length;
  const residual = x.map((value, i) => value - (seasonal[i]! + trend));
  const p10 = percentile(residual, 0.1);
  const p90 = percentile(residual, 0.9);
  const flags = residual.map((r) => {
    let score = 0;
    if (r > p90) score = ((r - p90) / (p90 - p10)) * 2.772605605507915;
    if (r < p10) score = ((r - p10) / (p90 - p10)) * 2.772605605507915;
    if (score > threshold) return 1;
    return score < -threshold ? -1 : 0;
  });
  return { flags, season };
}

/** The length of the best period if it scores 0.6, else 0. */
function seasonOf(x: readonly number[]): number {
  const n = x.length;
  const half = Math.floor(n / 2);
  if (n < 8) return 0;
  const mean = sum(x) / n;
  const z = x.map((value) => value - mean);
  // Circular autocorrelation of every lag.
  const c = z.map((_, p) => sum(z.map((value, i) => value * z[(i + p) % n]!)));
  const lowest = Math.min(...c);
  if (c[0] === lowest) return 0;
  const score = c.map((value) => (value - lowest) / (c[0]! - lowest));

  const isPeakLag = (p: number) => c[p]! > c[p - 1]! && c[p]! >= c[p + 1 > half ? n - p - 1 : p + 1]!;
  const candidates = hintsOf(z).flatMap((k) => {
    const lags = z.map((_, p) => p).filter((p) => p >= 4 && p <= half && p >= n / (k + 1) && p <= n / (k - 1));
    const highest = Math.max(...lags.map((p) => score[p]!));
    return lags
      .filter((p) => score[p] === highest)
      .slice(0, 1)
      .filter(isPeakLag);
  });
  const highest = Math.max(...candidates.map((p) => score[p]!));
  return highest >= 0.6 ? Math.min(...candidates.filter((p) => score[p] === highest)) : 0;
}

/** The lines of the periodogram that stand out. */
function hintsOf(z: readonly number[]): number[] {
  const n = z.length;
  const half = Math.floor(n / 2);
  // One line more than there are periods, so that none needs to be mirrored.
  const power = z.slice(0, half + 2).map((_, k) => {
    const cosine = sum(z.map((value, i) => value * Math.cos((2 * Math.PI * ((k * i) % n)) / n)));
    const sine = sum(z.map((value, i) => value * Math.sin((2 * Math.PI * ((k * i) % n)) / n)));
    return cosine * cosine + sine * sine;
  });
  const lines = power.slice(1, half + 1);
  const average = sum(lines) / half;
  const deviation = Math.sqrt(sum(lines.map((line) => (line - average) ** 2)) / half);
  return power
    .map((_, k) => k)
    .filter((k) => {
      if (!(k >= 1 && n / k >= 4 && n / k <= n / 2)) return false;
      return power[k]! > average + deviation && power[k]! > power[k - 1]! && power[k]! >= power[k + 1]!;
    });
}
