import fc from 'fast-check';
import type { Evidence } from '../../src/core/detections/assessments.ts';
import type { Detection, SinkDelivery } from '../../src/core/detections/detection.ts';
import type { Suppression } from '../../src/core/detections/suppression.ts';
import type { Verdict } from '../../src/core/detections/verdict.ts';
import type { Hour } from '../../src/core/kql/bin.ts';
import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import { PROGRAM_FACTS } from '../../src/core/records/report.ts';
import type { DeadLetter } from '../../src/storage/ports/dead_letters.ts';
import type { ExportState } from '../../src/storage/ports/export_states.ts';
import type { ContributionRow, Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { OutboxChange, PendingNotification } from '../../src/storage/ports/outbox.ts';
import { changed, type DetectionChanges } from '../support/detections.ts';
import { DECIDED } from '../support/scoring/fleet.ts';

export const P3 = '3' as Partition;
export const T0 = '2026-11-20T08:59:58.9931000Z' as Timestamp;
export const T1 = '2026-11-20T09:00:00.0000000Z' as Timestamp;
export const T2 = '2026-11-20T10:30:00.1234567Z' as Timestamp;

/** Of partition 3; the number is the end of it. */
export function groupId(number: number): string {
  return `3${number.toString(16).padStart(31, '0')}`;
}

export function contribution(changes: Partial<ContributionRow> = {}): ContributionRow {
  return {
    groupId: groupId(1),
    source: 'defender',
    DeviceName: 'wks-0417.corp.example',
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP: '203.0.113.77',
    Timestamp: T0,
    contribution: '00112233445566aa',
    count: 60,
    failed: false,
    programHash: null,
    facts: {},
    ...changes,
  };
}

export const FACTS: ContributionRow['facts'] = {
  ActionType: 'ConnectionSuccessAggregatedReport',
  RemotePort: 443,
  LocalIP: '10.20.30.40',
  InitiatingProcessSHA1: '3f786850e387550fdab836ed7e6dc881de23001b',
  InitiatingProcessSHA256: 'a'.repeat(64),
  InitiatingProcessFolderPath: 'c:\\program files\\acme\\updater.exe',
  InitiatingProcessAccountName: 'system',
  RemoteUrl: 'https://example.com/?q=\u{1f600}',
  DeviceId: '5e0f7b2a9c1d4e6f8a0b3c5d7e9f1a2b4c6d8e0f',
  InitiatingProcessCommandLine: '"updater.exe" --background \u{1f600}',
  InitiatingProcessAccountUpn: 'kim@corp.example',
  Protocol: 'Tcp',
};

/** The longest facts of a program, of characters that take the most room. */
export const LONGEST_PROGRAM: ContributionRow['facts'] = Object.fromEntries(
  PROGRAM_FACTS.map((name) => [name, '\u0001'.repeat(name === 'InitiatingProcessCommandLine' ? 512 : 256)]),
);

/** The first is from a log; the others are what somebody may name a process, or a device, in order to break things. */
export const HOSTILE_NAMES = [
  'updater.exe',
  '',
  ' ',
  "'; drop table --",
  "a''b' or RowKey gt '",
  '/\\#?%25%2F',
  '{"Count":1}',
  '--changeset_1\r\nHTTP/1.1 500 Oops\r\n\r\n{"odata.error":{}}',
  '\u0000\u0001\u001f\u007f\u0085\u009f',
  '\u2028\u2029\ufeff\ufffe\uffff',
  '日本語 العربية \u0640\u064f',
  '\u{1f600}\u{10ffff}',
  '\ud800 alone, \udc00 alone',
  'é and e\u0301 are two',
  'A', // Case counts.
  'a',
  'x'.repeat(1024),
];

export const anyTimestamp: fc.Arbitrary<Timestamp> = fc
  .record({
    ms: fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) }),
    ticks: fc.integer({ min: 0, max: 9999 }),
  })
  .map(({ ms, ticks }) => {
    const iso = new Date(ms).toISOString();
    return `${iso.slice(0, 23)}${String(ticks).padStart(4, '0')}Z` as Timestamp;
  });

/** Any text of UTF-16 units, lone surrogates among them. */
export const anyText = fc
  .string({ unit: 'binary', maxLength: 40 })
  .chain((text) =>
    fc.constantFrom(...HOSTILE_NAMES).chain((hostile) => fc.constantFrom(text, hostile, text + hostile)),
  );

const hex = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map((d) => d.join(''));

export const anyContribution: fc.Arbitrary<ContributionRow> = fc.record({
  groupId: hex(31).map((rest) => `3${rest}`),
  source: fc.constant('defender' as const),
  DeviceName: anyText,
  InitiatingProcessFileName: anyText,
  RemoteIP: anyText,
  Timestamp: anyTimestamp,
  contribution: hex(16),
  count: fc.option(fc.integer()),
  failed: fc.boolean(),
  programHash: fc.option(hex(16)),
  facts: fc.record(
    {
      ActionType: anyText,
      RemotePort: fc.nat(65_535),
      LocalIP: anyText,
      InitiatingProcessSHA1: anyText,
      InitiatingProcessSHA256: anyText,
      InitiatingProcessFolderPath: anyText,
      InitiatingProcessAccountName: anyText,
      RemoteUrl: anyText,
    },
    { requiredKeys: [] },
  ),
});

/** The row as it comes back: no text with lone surrogates, which have no UTF-8. */
export function wellFormedRow<T>(row: T): T {
  return JSON.parse(JSON.stringify(row), (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  ) as T;
}

export function exportState(changes: Partial<ExportState> = {}): ExportState {
  return {
    container: 'insights-logs-advancedhunting-devicenetworkevents',
    name: 'tenantId=11111111-2222-3333-4444-555555555555/y=2026/m=11/d=20/h=08/m=00/PT1H.json',
    generation: 0,
    ends: [1_000, 2 ** 40],
    applied: 1,
    leasedAt: 1_795_450_841_123,
    leasedBy: 'worker',
    tail: 'ab'.repeat(32),
    recognised: true,
    otherSource: 'wfp',
    unknownShape: { source: 'sysmon', offset: 2 ** 33, members: ['a', '\\u202e"'] },
    raw: true,
    created: 1_795_450_000_000,
    searched: 2 ** 41,
    lastModified: 1_795_450_841_000,
    counters: {
      lines: 2 ** 33,
      records: 6,
      reports: 5,
      skipped: 4,
      excluded: 3,
      expired: 2,
      deadLetters: 1,
      unknownShapes: 7,
      overGroupLimit: 7,
    },
    failures: 0,
    nextTry: 0,
    reason: '',
    refused: false,
    ...changes,
  };
}

export function deadLetter(changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    export: { container: 'exports', name: 'y=2026/m=11/PT1H.json' },
    offset: 2 ** 33,
    length: 12,
    record: 0,
    reason: 'bad-json',
    bytes: Buffer.from('{"no": json}'),
    ...changes,
  };
}

export function detection(changes: DetectionChanges = {}): Detection {
  const FirstConnection = '2026-11-20T08:00:00.0000000Z' as Hour;
  const LastConnection = '2026-11-23T07:00:00.0000000Z' as Hour;
  const base: Detection = {
    groupId: groupId(1),
    source: 'defender',
    DeviceName: 'wks-0417.corp.example',
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP: '203.0.113.77',
    FirstConnection,
    LastConnection,
    assessments: {
      'kql-rule': {
        FirstConnection,
        LastConnection,
        count_of_hours: 72,
        inliner_count: 70,
        outlier_count: 2,
        avg_conn_count: 60,
        average: 60.1 / 3,
        spread: 0.1 / 3,
        interval: { seconds: 60, deviation: 1.2 },
        lastMatched: T1,
        evidence: evidence(2),
      },
      regularity: null,
    },
    devices: 1,
    fleetDevices: 200,
    otherProcesses: ['agent.exe'],
    hours: [...Array.from({ length: 70 }, () => null), 60, 61],
    days: [...Array.from({ length: 29 }, () => null), 121],
    severity: 'high',
    severityReason: 'One device talks to a rare address.',
    technique: null,
    programHash: '0123456789abcdef',
    known: { list: 'indicator', reason: 'INC-4711' },
    traffic: traffic(),
    state: 'new',
    episode: T1,
    revision: 1,
    revisionReason: '',
    decision: DECIDED,
    highestAverage: 60.1 / 3,
    episodes: [],
    asOf: T1,
    lastMatched: T1,
    suppressedBy: '',
  };
  return changed(base, changes);
}

export function evidence(points: number): Evidence {
  const each = <T>(value: T): T[] => Array.from({ length: points }, () => value);
  return {
    grain: 'hour',
    Timestamp: each('2026-11-20T08:00:00.0000000Z' as Hour),
    ConnCounts: each(2_147_483_647),
    flags: each(-1),
    scores: each(-1.2345678901234567e-100),
    baseline: each(98765.43210987654),
    period: 24,
    omitted: 0,
    thresholds: { lookbackDays: 3, minUniform: 12, minAverage: 45, anomalyThreshold: 1.5 },
  };
}

export function traffic(changes: Partial<Detection['traffic']> = {}): Detection['traffic'] {
  return {
    asOf: T1,
    ports: [{ port: 443, reports: 72 }],
    succeeded: 71,
    failed: 1,
    localIPs: ['10.20.30.40'],
    sha1: ['3f786850e387550fdab836ed7e6dc881de23001b'],
    sha256: ['a'.repeat(64)],
    folderPaths: ['c:\\program files\\acme\\updater.exe'],
    accounts: ['system'],
    urls: ['https://example.com/'],
    deviceIds: ['5e0f7b2a9c1d4e6f8a0b3c5d7e9f1a2b4c6d8e0f'],
    processIds: ['4312'],
    commandLines: ['updater.exe --background'],
    parents: ['explorer.exe'],
    companies: ['Acme Ltd'],
    products: ['Acme Updater'],
    versions: ['2.4.1.0'],
    domains: ['corp'],
    upns: ['kim@corp.example'],
    integrityLevels: ['Medium'],
    protocols: ['Tcp'],
    ...changes,
  };
}

export function delivery(changes: Partial<SinkDelivery> = {}): SinkDelivery {
  return {
    episode: T1,
    revision: 1,
    status: 'sent',
    severity: 'high',
    attempts: 1,
    firstAt: 1,
    at: 2,
    answer: '204',
    ...changes,
  };
}

/** Of the detection above. */
export function pendingNotification(changes: Partial<PendingNotification> = {}): PendingNotification {
  return {
    sink: 'soc',
    groupId: groupId(1),
    episode: T1,
    revision: 1,
    severity: 'high',
    score: 0,
    average: 60.1 / 3,
    attempts: 0,
    firstAt: null,
    answer: '',
    nextTry: 0,
    leasedAt: 0,
    digest: '',
    ...changes,
  };
}

/** What makes that pending. */
export function pendingChange(changes: Partial<PendingNotification> = {}): OutboxChange {
  const put = pendingNotification(changes);
  const { sink, episode, revision, severity } = put;
  const untried = { status: 'pending', attempts: 0, firstAt: null, at: 5, answer: '' } as const;
  return { sink, delivery: { episode, revision, severity, ...untried }, put };
}

export function verdict(changes: Partial<Verdict> = {}): Verdict {
  return { value: 'false-positive', note: 'the updater of Example', who: 'ana', at: 1_795_450_841_123, ...changes };
}

export function suppression(changes: Partial<Suppression> = {}): Suppression {
  return {
    id: 's-0a1b2c3d',
    device: '',
    process: 'updater.exe',
    remote: '203.0.113.0/24',
    hash: '',
    source: '',
    detector: '',
    owner: 'soc',
    reason: 'the updater of Example',
    createdAt: T0,
    expires: T2,
    ...changes,
  };
}

/** All that an async iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The rows of all pages; none of them may be empty. */
export async function rowsOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const rows: T[] = [];
  for await (const page of pages) {
    if (page.length === 0 || page.length > 1000) throw new Error(`a page of ${page.length} rows`);
    rows.push(...page);
  }
  return rows;
}
