import { describe, expect, test } from 'vitest';
import { countOf, groupKey } from '../../../support/sample/rule.ts';
import { isReport, readableProperties, rowsOf, tenant } from '../../../support/sample/tenant.ts';

const sample = tenant();

describe('the tenant of a sample', () => {
  test('is mostly groups that are seen for five hours or fewer', () => {
    const hours = new Map<string, Set<string>>();
    for (const row of rowsOf(sample).filter(isReport)) {
      const key = groupKey(row['DeviceName'], row['InitiatingProcessFileName'], row['RemoteIP']);
      hours.set(key, (hours.get(key) ?? new Set()).add(String(row['Timestamp']).slice(0, 13)));
    }
    const few = [...hours.values()].filter((seen) => seen.size <= 5).length;
    expect(few / hours.size).toBeGreaterThan(0.88);
    expect(few / hours.size).toBeLessThan(0.95);
  });

  test('has hours of a group with several reports: ports, addresses, and reports close to the full hour', () => {
    const keys = new Map<string, number>();
    for (const text of new Set(sample.exports.flatMap(readableProperties))) {
      const row = JSON.parse(text);
      if (!isReport(row)) continue;
      const group = groupKey(row.DeviceName, row.InitiatingProcessFileName, row.RemoteIP);
      const key = `${group} ${row.Timestamp.slice(0, 13)}`;
      keys.set(key, (keys.get(key) ?? 0) + 1);
    }
    const several = [...keys.values()].filter((count) => count > 1).length;
    expect(several / keys.size).toBeGreaterThan(0.05);
  });

  test('has no public address outside the ranges for documentation', () => {
    const addresses = new Set(rowsOf(sample).map((row) => String(row['RemoteIP'] ?? '')));
    const kept = /^(|-|10\..*|127\..*|169\.254\..*|172\.16\..*|192\.168\..*|fe80:.*)$/;
    const documentation = /^(192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+|2001:db8:.*)$/;
    expect([...addresses].filter((ip) => !kept.test(ip) && !documentation.test(ip))).toEqual([]);
    expect([...addresses].filter((ip) => documentation.test(ip)).length).toBeGreaterThan(100);
  });

  test('has names under example domains alone', () => {
    const rows = rowsOf(sample);
    const urls = new Set(rows.map((row) => row['RemoteUrl']).filter((url) => url !== null));
    expect(rows.filter((row) => !String(row['DeviceName']).endsWith('.corp.example'))).toEqual([]);
    expect([...urls].filter((url) => !String(url).endsWith('.example.com'))).toEqual([]);
    expect(urls.size).toBeGreaterThan(10);
  });

  test('has reports without a count, with the count as text, and with AdditionalFields as an object', () => {
    const fields = rowsOf(sample)
      .filter(isReport)
      .map((row) => row['AdditionalFields']);
    expect(fields).toContain(null);
    expect(fields.some((value) => typeof value === 'object' && value !== null)).toBe(true);
    expect(fields.some((value) => typeof value === 'string' && /:"\d+"/.test(value))).toBe(true);
    const counts = fields.map(countOf).filter((count) => count !== null);
    expect(counts.every((count) => Number.isInteger(count) && count > 0)).toBe(true);
  });

  test('has times with 0 to 7 fraction digits', () => {
    const digits = rowsOf(sample).map((row) => /\.(\d+)Z$/.exec(String(row['Timestamp']))?.[1]?.length ?? 0);
    expect(new Set(digits)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });
});
