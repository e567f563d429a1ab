import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rowOf } from '../../../support/sample/rule.ts';
import {
  END,
  freshTenant,
  HOUR,
  isReport,
  readableProperties,
  recordOf,
  rowsOf,
  type Tenant,
  tenant,
} from '../../../support/sample/tenant.ts';

const sample = tenant();
const small = tenant({ devices: 8 });

function hash({ exports }: Tenant): string {
  const sum = createHash('sha256');
  for (const { container, name, lines } of exports) sum.update(`${container}/${name}\n`).update(Buffer.concat(lines));
  return sum.digest('hex');
}

/** The lines of a tenant without their times, and without unreadable lines. */
function timeless({ exports }: Tenant): string[] {
  return exports.flatMap(({ lines, unreadable }) =>
    lines
      .filter((_, i) => !unreadable.some(({ line }) => line === i + 1))
      .map((line) => line.toString().replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, '')),
  );
}

describe('sampleExports(plan)', () => {
  test('gives the same bytes each time', () => {
    expect(hash(freshTenant({ devices: 8 }))).toBe(hash(small));
  });

  test('gives another tenant for another seed', () => {
    expect(hash(tenant({ devices: 8, seed: 2 }))).not.toBe(hash(small));
  });

  test('with another end gives the same tenant at other hours', () => {
    const later = tenant({ devices: 8, end: END + 5 * HOUR });
    expect(timeless(later)).toEqual(timeless(small));
    expect(later.exports[0]?.name).toContain('/y=2026/m=11/d=20/h=14/');
  });

  test('with an end inside an hour ends at the full hour before', () => {
    expect(hash(tenant({ devices: 8, end: END + HOUR - 1 }))).toBe(hash(small));
  });

  test('lays the exports out by hour of delivery, in the order of time', () => {
    const first = Date.UTC(2026, 10, 20, 9);
    expect(sample.exports.map(({ hour }) => hour)).toEqual(sample.exports.map((_, i) => first + i * HOUR));
    expect(sample.exports.length).toBeGreaterThanOrEqual(73);
    expect(sample.exports.length).toBeLessThanOrEqual(74);
    expect(sample.exports[16]).toMatchObject({
      container: 'insights-logs-advancedhunting-devicenetworkevents',
      name: 'tenantId=11111111-2222-3333-4444-555555555555/y=2026/m=11/d=21/h=01/m=00/PT1H.json',
      hour: Date.UTC(2026, 10, 21, 1),
    });
    for (const { hour, lines } of sample.exports) {
      const delivered = lines.filter(rowOf).map((line) => Date.parse(String(recordOf(line)['time'])));
      expect(delivered.every((at) => at >= hour && at < hour + HOUR)).toBe(true);
    }
  });

  test('has one record on a line, CRLF at its end', () => {
    const ends = sample.lines.map((line) => [line.indexOf('\r'), line.indexOf('\n')]);
    expect(ends.every(([cr, lf], i) => cr === sample.lines[i]!.length - 2 && lf === cr + 1)).toBe(true);
  });

  test('has 30 to 50 thousand lines of 40 to 80 MB, four in ten of them aggregated reports', () => {
    const bytes = sample.lines.reduce((sum, line) => sum + line.length, 0);
    expect(sample.lines.length).toBeGreaterThan(30_000);
    expect(sample.lines.length).toBeLessThan(50_000);
    expect(bytes).toBeGreaterThan(40e6);
    expect(bytes).toBeLessThan(80e6);
    const rows = rowsOf(sample);
    expect(rows.filter(isReport).length / rows.length).toBeCloseTo(0.4, 1);
  });

  test('counts what it lays out', () => {
    const sum = (of: (counts: (typeof sample.exports)[number]) => number) =>
      sample.exports.reduce((total, counts) => total + of(counts), 0);
    const distinct = new Set(sample.exports.flatMap(readableProperties));
    expect(sum(({ reports, others }) => reports + others)).toBe(distinct.size);
    expect(sum(({ reports }) => reports)).toBe([...distinct].filter((row) => isReport(JSON.parse(row))).length);
    expect(sum(({ reports, others, duplicates }) => reports + others + duplicates)).toBe(
      sample.lines.length - sum(({ unreadable }) => unreadable.length),
    );
  });

  test('delivers 3 to 4 % of the rows again: the same properties in another envelope, mostly in the same export', () => {
    const deliveries = new Map<string, { time: unknown; name: string }[]>();
    for (const { name, lines } of sample.exports) {
      for (const line of lines.filter(rowOf)) {
        const text = line.toString();
        const properties = text.slice(text.indexOf('"properties":'), text.lastIndexOf(',"Tenant"'));
        const seen = deliveries.get(properties) ?? [];
        deliveries.set(properties, [...seen, { time: recordOf(line)['time'], name }]);
      }
    }
    const repeated = [...deliveries.values()].filter((seen) => seen.length > 1);
    const copies = repeated.reduce((sum, seen) => sum + seen.length - 1, 0);
    expect(copies / sample.lines.length).toBeGreaterThan(0.03);
    expect(copies / sample.lines.length).toBeLessThan(0.04);
    expect(repeated.every((seen) => new Set(seen.map(({ time }) => time)).size === seen.length)).toBe(true);
    const elsewhere = repeated.filter((seen) => new Set(seen.map(({ name }) => name)).size > 1).length;
    expect(elsewhere).toBeGreaterThan(0);
    expect(elsewhere / repeated.length).toBeLessThan(0.25);
  });

  test('delivers 5 to 40 minutes after the event, repeats aside, and some rows hours or days late', () => {
    const rows = sample.lines.filter(rowOf).map(recordOf);
    const firstLag = new Map<string, number>();
    for (const { time, properties } of rows) {
      const row = properties as Record<string, unknown>;
      const key = JSON.stringify(row);
      const lag = (Date.parse(String(time)) - Date.parse(String(row['Timestamp']))) / 60_000;
      firstLag.set(key, Math.min(lag, firstLag.get(key) ?? Number.POSITIVE_INFINITY));
    }
    const lags = [...firstLag.values()];
    const late = lags.filter((minutes) => minutes > 41);
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(5);
    expect(late.length).toBe(sample.exports.reduce((sum, counts) => sum + counts.late, 0));
    expect(late.length / lags.length).toBeGreaterThan(0.003);
    expect(late.length / lags.length).toBeLessThan(0.03);
    expect(Math.min(...late)).toBeGreaterThan(2 * 60);
    expect(Math.max(...late)).toBeGreaterThan(24 * 60);
    expect(Math.max(...late)).toBeLessThan(61 * 60);
  });

  test('is not sorted by the time of the event', () => {
    const times = rowsOf(sample).map((row) => Date.parse(String(row['Timestamp'])));
    expect(times.some((at, i) => i > 0 && at < times[i - 1]!)).toBe(true);
  });

  test('holds events of the 72 hours up to the end, and none after it', () => {
    const times = rowsOf(sample).map((row) => Date.parse(String(row['Timestamp'])));
    expect(times.every((at) => at > END - 72 * HOUR && at <= END)).toBe(true);
  });

  test('has two unreadable lines of each kind at the stated places', () => {
    const faults = sample.exports.flatMap(({ lines, unreadable }) =>
      unreadable.map(({ line, kind }) => ({ kind, bytes: lines[line - 1]! })),
    );
    expect(faults.map(({ kind }) => kind).sort()).toEqual(
      ['bad-time', 'bytes', 'cut', 'empty', 'not-utf8', 'text'].flatMap((kind) => [kind, kind]),
    );
    expect(faults.every(({ bytes }) => rowOf(bytes) === null)).toBe(true);
    expect(sample.lines.filter((line) => rowOf(line) === null)).toHaveLength(faults.length);
    const badTimes = faults.filter(({ kind }) => kind === 'bad-time').map(({ bytes }) => recordOf(bytes)['properties']);
    expect(badTimes).toEqual(
      badTimes.map(() => expect.objectContaining({ Timestamp: expect.stringMatching(/T25:61:00Z$/) })),
    );
  });

  test('works for a tenant of one device', () => {
    const { exports, plan } = tenant({ devices: 1 });
    expect(plan.devices).toHaveLength(1);
    expect(exports.length).toBeGreaterThanOrEqual(73);
  });
});
