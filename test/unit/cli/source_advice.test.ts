import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { adviceOnSources } from '../../../src/cli/source_advice.ts';
import type { Source } from '../../../src/core/records/report.ts';
import { streamed } from '../core/records/records.ts';

const folder = mkdtempSync(join(tmpdir(), 'beaconwatch-inactive-'));
afterAll(() => rmSync(folder, { recursive: true }));

const report = streamed();
const single = streamed({ ActionType: 'ConnectionSuccess', AdditionalFields: null });
const event = {
  Provider: 'Microsoft-Windows-Sysmon',
  EventID: 3,
  Computer: 'wks-1',
  TimeGenerated: '2026-11-20T08:15:03Z',
  EventData: { Image: 'x.exe', Initiated: 'true', DestinationIp: '203.0.113.7' },
};

it.each<[string, Source[], object[][], string | null]>([
  ['reports in the first file', ['sysmon'], [[report], [event]], 'defender'],
  ['reports behind files of single events', ['sysmon'], [[single], [single], [single, report]], 'defender'],
  ['single events alone', ['sysmon'], [[single], [{}], [single]], 'defender-raw'],
  ['single events, where reports are active', ['defender'], [[{}], [single], [event]], 'defender-raw'],
  ['events of another product', ['defender'], [[{}], [event]], 'sysmon'],
  ['nothing that counts', ['sysmon'], [[{}], []], null],
  ['only what is active', ['sysmon'], [[event]], null],
])('adviceOnSources(files, active) for %s', async (name, active, contents, wanted) => {
  const files = contents.map((records, index) => {
    const path = join(folder, `${name} ${index}`);
    writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    return { path, bytes: 0 };
  });
  const advice = wanted && `The files hold records of an inactive source: set SOURCES=${wanted}`;
  expect(await adviceOnSources([{ path: '-', bytes: 0 }, ...files], active)).toBe(advice);
});
