import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import type { Row } from '../../unit/core/records/records.ts';
import { streamed } from '../../unit/core/records/records.ts';

/** What nobody may find in a log: names that the telemetry of a hostile tenant brings along. */
export const PLANTED = [
  'planted-device-7f3a',
  'planted-process-91b2',
  '203.0.113.201',
  '198.51.100.77',
  'planted-url-55c0',
  'planted-account-d1e9',
  'planted-folder-0b4c',
  'planted-column-aa31',
  'planted-hook-secret',
] as const;

const DEVICE = 'planted-device-7f3a\u202e{"a":1}\r\n\u2028<script>';
const PROCESS = `planted-process-91b2.exe'"\`\${x}%s`;

function report(timeMs: number, changes: Row = {}): Row {
  return streamed({
    DeviceName: DEVICE,
    DeviceId: 'planted-device-7f3a',
    InitiatingProcessFileName: PROCESS,
    InitiatingProcessFolderPath: 'c:\\planted-folder-0b4c\\a.exe',
    InitiatingProcessAccountName: 'planted-account-d1e9',
    RemoteIP: '203.0.113.201',
    RemoteUrl: 'https://planted-url-55c0.example.com/?q=1',
    LocalIP: '198.51.100.77',
    'planted-column-aa31': 'planted-column-aa31',
    Timestamp: new Date(timeMs).toISOString(),
    ReportId: Math.floor(timeMs / HOUR_MS),
    ...changes,
  });
}

/** An export with a beacon, and with every kind of line that cannot be read, all full of planted names. */
export function hostileExport(end: number): string {
  const lines: string[] = [];
  for (let hour = 1; hour <= 71; hour++) lines.push(JSON.stringify(report(end - hour * HOUR_MS + 60_000)));
  const one = JSON.stringify(report(end - HOUR_MS));
  const odd: Row[] = [
    report(end, { Timestamp: 'planted-device-7f3a' }),
    report(end, { Timestamp: new Date(end + 400 * 86_400_000).toISOString() }),
    report(end, { RemoteIP: 'planted-device-7f3a' }),
    report(end, { DeviceName: 'planted-device-7f3a'.repeat(100) }),
    report(end, { AdditionalFields: '{"uniqueEventsAggregated":"planted-device-7f3a"}' }),
    report(end, { AdditionalFields: ['planted-device-7f3a'] }),
    report(end, { InitiatingProcessFileName: { 'planted-process-91b2': 1 } }),
    report(end, { ActionType: 'planted-device-7f3aAggregatedReport', RemotePort: 'planted-process-91b2' }),
    report(end - 100 * 86_400_000),
  ];
  lines.push(
    ...odd.map((row) => JSON.stringify(row)),
    one.slice(0, -40),
    `${one.slice(0, -1)},}`,
    `{"planted-device-7f3a":${'['.repeat(5_000)}"AggregatedReport"${']'.repeat(5_000)}}`,
    `{"AggregatedReport":"planted-process-91b2 \u0000"}`,
    `planted-device-7f3a AggregatedReport`,
    `{"records":[${one},{"planted-process-91b2":"AggregatedReport"}]}`,
    `{"x":"${'planted-device-7f3a AggregatedReport '.repeat(40_000)}"}`,
  );
  return `${lines.join('\r\n')}\r\n`;
}

/** None of our formats: it is refused. */
export const FOREIGN_EXPORT = `${'{"planted-column-aa31":"planted-device-7f3a"}\n'.repeat(2_000)}`;
