import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import type { Source } from '../../../src/core/records/report.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';

/** Small inputs in shapes that people have, kept beside the repository with the correct result of each in their README. */
const CASES = new URL('../../../../shared/cases/', import.meta.url);
const HAS_CASES = existsSync(CASES);
if (!HAS_CASES) console.warn('skipped: ../shared/cases is not here');

async function read(name: string, source: Source) {
  const faults: string[] = [];
  const window = windowOf(timestampOf('2026-11-20T12:00:00Z')!, KQL_RULE.lookbackDays);
  const offline = new OfflineScore(window, formatsOf([source]), (first) =>
    faults.push(...first.map(({ reason, field }) => `${reason} ${field}`)),
  );
  const bytes = readFileSync(new URL(name, CASES));
  const again = () => asStream(bytes);
  const { counters } = await offline.read({ container: '', name }, again(), { again });
  const all = { ...KQL_RULE, minUniformPerDay: 0, minAverage: 0 };
  const groups = (await offline.score(source === 'defender' ? KQL_RULE : all)).matched.map(
    ({ group: { key, series } }) => {
      const { DeviceName, InitiatingProcessFileName, RemoteIP } = key;
      return {
        key: `${DeviceName} ${InitiatingProcessFileName} ${RemoteIP}`,
        hours: series.countHours,
        counts: series.ConnCounts,
      };
    },
  );
  return { groups, faults, reports: counters.reports, unknownShapes: counters.unknownShapes };
}

async function* asStream(bytes: Uint8Array) {
  yield bytes;
}

const KEY = 'wks-0417.corp.example updater.exe 203.0.113.77';

describe.skipIf(!HAS_CASES)('a case of ../shared/cases', () => {
  it.each([
    '13-sysmon-known-and-unknown-shape.json',
    '24-ecs-offset-without-colon.json',
    '33-xmlwineventlog-lines.txt',
    '35-evtx_dump.jsonl',
    '37-azure-diagnostics-wad-sysmon.json',
    '39-fluentbit-event-data-as-map.json',
    '41-winlogbeat-6.json',
    '42-get-winevent-convertto-json.json',
    '48-event-table-parameterxml.json',
  ])('%s has three connections in the hour of 11:00', async (name) => {
    expect(await read(name, 'sysmon')).toEqual({
      groups: [{ key: KEY, hours: ['2026-11-20T11:00:00.0000000Z'], counts: [3] }],
      faults: [],
      reports: 3,
      unknownShapes: 0,
    });
  });

  it.each([
    '01-portal-month-name-12h.csv',
    '03-portal-month-first-24h.csv',
    '05-log-analytics-portal.csv',
    '08-mde-api-results.json',
    '09-graph-runhuntingquery.json',
    '12-graph-powershell-additionalproperties.json',
    '15-custom-table-cl.json',
    '17-two-csvs-in-one-other-order.csv',
    '23-csv-header-trailing-space.csv',
    '26-pandas-epoch-ms.jsonl',
    '45-powershell-json-date.json',
    '46-powershell-export-csv-type-line.csv',
  ])('%s is one detection of 13 reports of 60', async (name) => {
    expect(await read(name, 'defender')).toMatchObject({
      groups: [{ key: KEY, counts: Array.from({ length: 13 }, () => 60) }],
      faults: [],
      reports: 13,
    });
  });

  it.each([
    ['18-csv-no-additionalfields.csv', 'AdditionalFields'],
    ['20-csv-no-devicename.csv', 'DeviceName'],
    ['22-csv-no-timestamp.csv', 'Timestamp or TimeGenerated'],
  ])('%s counts nothing, and names the column %s', async (name, column) => {
    const { groups, reports, faults } = await read(name, 'defender');
    expect({ groups, reports, faults: new Set(faults) }).toEqual({
      groups: [],
      reports: 0,
      faults: new Set([`no-column ${column}`]),
    });
  });

  it('28-nxlog-5156-local-time-only.json says that EventTime has no zone', async () => {
    expect(await read('28-nxlog-5156-local-time-only.json', 'wfp')).toMatchObject({
      reports: 0,
      faults: Array.from({ length: 3 }, () => 'no-zone EventTime'),
    });
  });
});
