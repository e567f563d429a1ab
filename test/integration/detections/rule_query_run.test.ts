import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import { isInScope } from '../../../src/core/records/in_scope.ts';
import { GroupCutter } from '../../../src/core/scoring/group_cutter.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { ruleQuery } from '../../../src/core/scoring/rule_query.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { contribution } from '../../contract/samples.ts';
import { evaluatorOf } from '../../support/kusto/evaluate.ts';
import { DEFENDER, SENTINEL } from '../../support/kusto/language.ts';

const ASOF = '2026-11-20T12:00:00.0000000Z' as Timestamp;
const END = Date.parse(ASOF);

const report = fc.record({
  minute: fc.oneof(
    fc.integer({ min: -30, max: 12 * 60 }),
    fc.nat(12).map((hour) => hour * 60),
  ),
  device: fc.constantFrom('wks-1', 'WKS-1', ''),
  remote: fc.constantFrom('203.0.113.7', '203.0.113.8', '10.1.2.3', '2001:db8::1', ''),
  count: fc.option(fc.nat(500)),
  action: fc.constantFrom('ConnectionSuccessAggregatedReport', 'connectionfailedaggregatedreport', 'ConnectionSuccess'),
});

/** The query to its first summarize: the series of each group. */
const seriesPart = (query: string) => query.slice(0, query.indexOf('| extend count_of_hours'));

describe.each([
  ['defender', DEFENDER, 'Timestamp', JSON.stringify],
  ['sentinel', SENTINEL, 'TimeGenerated', (fields: object) => fields],
] as const)('the query that `kql` prints for %s', (place, tables, time, fieldsOf) => {
  it.each(['hour', 'report'] as const)('makes the series of grain %s that score makes', (grain) => {
    const run = evaluatorOf(tables);
    const rule = { ...KQL_RULE, lookbackDays: 0.25, grain };
    const query = seriesPart(ruleQuery(rule, ASOF, place));
    const window = windowOf(ASOF, rule.lookbackDays);
    let points = 0;
    fc.assert(
      fc.property(fc.array(report, { minLength: 20, maxLength: 60 }), (reports) => {
        const rows = reports.map(({ minute, device, remote, count, action }) => ({
          [time]: new Date(END - minute * 60_000).toISOString(),
          ActionType: action,
          DeviceName: device,
          InitiatingProcessFileName: 'updater.exe',
          RemoteIP: remote,
          AdditionalFields: fieldsOf(count === null ? {} : { uniqueEventsAggregated: count }),
        }));
        const found = run(query, { DeviceNetworkEvents: rows }).map((row) => ({
          key: `${row['DeviceName']}|${row['RemoteIP']}`,
          Timestamp: (row['Timestamp'] as number[]).map((ms) => new Date(ms).toISOString().slice(0, 19)),
          ConnCounts:
            grain === 'report' ? (row['ConnCounts'] as number[]).toSorted((a, b) => a - b) : row['ConnCounts'],
        }));
        const groups = new Map<string, ReturnType<typeof contribution>[]>();
        for (const { minute, device, remote, count, action } of reports) {
          if (!isInScope(remote) || !/aggregatedreport$/i.test(action)) continue;
          const key = `${device}|${remote}`;
          const Timestamp = `${new Date(END - minute * 60_000).toISOString().slice(0, 19)}.0000000Z` as Timestamp;
          groups.set(key, [...(groups.get(key) ?? []), contribution({ groupId: key, Timestamp, count })]);
        }
        const expected = [...groups].flatMap(([key, contributions]) => {
          const cutter = new GroupCutter(window, grain);
          const inOrder = contributions.toSorted((a, b) => (a.Timestamp < b.Timestamp ? -1 : 1));
          return [...cutter.push(inOrder), ...cutter.finish()].map(({ series }) => ({
            key,
            Timestamp: series.Timestamp.map((hour) => hour.slice(0, 19)),
            // The order of several reports within one hour is open in Kusto.
            ConnCounts: grain === 'report' ? series.ConnCounts.toSorted((a, b) => a - b) : series.ConnCounts,
          }));
        });
        const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
        expect(found.sort(byKey)).toEqual(expected.sort(byKey));
        points += expected.reduce((sum, { Timestamp }) => sum + Timestamp.length, 0);
      }),
      { numRuns: 30 },
    );
    // Something was compared: most reports are out of the window or of the scope.
    expect(points).toBeGreaterThan(10);
  });
});
