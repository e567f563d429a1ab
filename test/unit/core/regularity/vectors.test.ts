import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { regularityOf } from '../../../../src/core/regularity/assessment.ts';
import { fewDevicesOf } from '../../../../src/core/regularity/fleet_limits.ts';
import { pointsOf } from '../../../../src/core/regularity/points.ts';
import { processRegularityOf } from '../../../../src/core/regularity/process_view.ts';
import { publicAddressOf } from '../../../../src/core/regularity/public_address.ts';
import { sessionOf } from '../../../../src/core/regularity/session.ts';
import { binSecondsOf, HOUR_SECONDS } from '../../../../src/core/regularity/time_bin.ts';
import { rawTimedCountsOf, timedCountsOf } from '../../../../src/core/regularity/timed_count.ts';

/** Series with the correct numbers of each, made by another implementation. They are not kept in this repository. */
const FILE = fileURLToPath(new URL('../../../../../shared/regularity-vectors.json', import.meta.url));
const absent = !existsSync(FILE);
if (absent) console.log(`skipped: the vectors of regularity, because ${FILE} is not there`);

type Reports = readonly (readonly [time: string, count: number])[];

interface Vectors {
  readonly base: string;
  readonly cases: readonly {
    readonly name: string;
    readonly address?: string;
    readonly reports: Reports;
    readonly raw?: boolean;
    readonly bin_minutes?: number;
    readonly deviceOn: readonly number[];
    readonly expected: Readonly<Record<string, unknown>> | null;
    readonly session: { readonly p: number; readonly n: number; readonly mean: number };
  }[];
  readonly processes: readonly {
    readonly name: string;
    readonly fleet_devices: number;
    readonly addresses: readonly {
      readonly address: string;
      readonly devices_that_use_the_pair: number;
      readonly reports: Reports;
      readonly matches_by_itself?: boolean;
    }[];
    readonly deviceOn: readonly number[];
    readonly expected: Readonly<Record<string, unknown>> | null;
    readonly why: string | null;
  }[];
  readonly scope: readonly { readonly address: string; readonly network: string | null }[];
}

const NONE: Vectors = { base: '1970-01-01T00:00:00Z', cases: [], processes: [], scope: [] };
const vectors: Vectors = absent ? NONE : JSON.parse(readFileSync(FILE, 'utf8'));

/** What the file says of a process that is not measured, and our reason. */
const REASONS: Readonly<Record<string, string>> = {
  'listed under 192.0.2.33': 'address-matches-by-itself',
  'one address above 80 %': 'one-address',
  'fewer than 2 addresses': 'too-few-addresses',
  'fewer than 5 hours': 'too-few-hours',
};

const named = <T extends { readonly name: string }>(rows: readonly T[]) => rows.map((row) => [row.name, row] as const);

function reportsOf(reports: Reports) {
  return reports.map(([time, count]) => ({ Timestamp: timestampOf(time)!, count }));
}

function deviceOnOf(hours: readonly number[], binSeconds: number): Set<number> {
  const base = Date.parse(vectors.base) / 1000 / binSeconds;
  return new Set(hours.map((hour) => base + hour));
}

describe.skipIf(absent)('a series of ../shared/regularity-vectors.json', () => {
  it('is one of 51 groups, 13 processes and 26 addresses', () => {
    expect([vectors.cases.length, vectors.processes.length, vectors.scope.length]).toEqual([51, 13, 26]);
  });

  it.each(named(vectors.cases))('regularityOf(%s) gives the numbers of the file', (_name, row) => {
    const binSeconds = row.bin_minutes === undefined ? HOUR_SECONDS : binSecondsOf(row.bin_minutes);
    const reports = reportsOf(row.reports);
    const counts = row.raw === true ? rawTimedCountsOf(reports, binSeconds) : timedCountsOf(reports);
    const deviceOn = deviceOnOf(row.deviceOn, binSeconds);

    const session = sessionOf(pointsOf(counts, deviceOn, binSeconds).x);
    expect(session.n).toBe(row.session.n);
    expect(Math.abs(session.p / row.session.p - 1), `p ${session.p}`).toBeLessThanOrEqual(1e-9);
    if (row.session.p < 1) expect(session.mean).toBeCloseTo(row.session.mean, 12);

    const answer = regularityOf(counts, deviceOn, binSeconds);
    if (row.expected === null) return expect(answer.measured).toBe(false);
    const { measured, session: own, measuredViews, ...numbers } = answer as typeof answer & { measured: true };
    expect(numbers).toStrictEqual(row.expected);
    expect(own).toEqual(session);
    if (row.address !== undefined) expect(publicAddressOf(row.address)).not.toBeNull();
  });

  it.each(named(vectors.processes))('processRegularityOf(%s) gives the numbers of the file', (_name, row) => {
    const addresses = row.addresses.map((each) => ({
      RemoteIP: each.address,
      counts: timedCountsOf(reportsOf(each.reports)),
      devices: each.devices_that_use_the_pair,
      matchesByItself: each.matches_by_itself === true,
    }));
    const few = fewDevicesOf(row.fleet_devices);
    const answer = processRegularityOf(addresses, few, deviceOnOf(row.deviceOn, HOUR_SECONDS));
    if (row.expected === null) {
      return expect(answer).toEqual({ measured: false, reason: REASONS[row.why ?? ''] });
    }
    const { measured, measuredViews, ...numbers } = answer as typeof answer & { measured: true };
    expect(numbers).toStrictEqual(row.expected);
  });

  it.each(vectors.scope.map(({ address, network }) => [address, network] as const))(
    'publicAddressOf("%s") is in the network %s',
    (address, network) => {
      expect(publicAddressOf(address)?.network ?? null).toBe(network);
    },
  );
});
