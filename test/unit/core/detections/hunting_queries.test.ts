import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defenderQuery,
  type QueriedDetection,
  sentinelQuery,
} from '../../../../src/core/detections/hunting_queries.ts';
import type { Source } from '../../../../src/core/records/report.ts';
import { detection, HOSTILE_NAMES } from '../../../contract/samples.ts';
import { withoutLiterals } from '../kql/literals.ts';

const SOURCES = ['defender', 'defender-raw', 'sysmon', 'wfp', 'zeek'] as const satisfies readonly Source[];
const PLAIN: QueriedDetection = detection();

describe('defenderQuery(detection)', () => {
  it('is the hours of the series, by the hour, with every value a literal', () => {
    expect(defenderQuery(PLAIN)).toBe(`let device = "wks-0417.corp.example";
let process = "updater.exe";
let remote = "203.0.113.77";
let windowStart = datetime(2026-11-20T08:00:00Z);
let windowEnd = datetime(2026-11-23T08:00:00Z);
DeviceNetworkEvents
| where Timestamp >= windowStart and Timestamp < windowEnd
| where DeviceName == device and InitiatingProcessFileName == process and RemoteIP == remote
| where ActionType endswith "AggregatedReport"
| summarize connections = sum(toint(parse_json(AdditionalFields).uniqueEventsAggregated)), reports = count(),
    ports = make_set(RemotePort, 10), urls = make_set(RemoteUrl, 10), localIPs = make_set(LocalIP, 10),
    paths = make_set(InitiatingProcessFolderPath, 10), sha1 = make_set(InitiatingProcessSHA1, 10),
    sha256 = make_set(InitiatingProcessSHA256, 10), accounts = make_set(InitiatingProcessAccountName, 10)
    by bin(Timestamp, 1h), ActionType
| sort by Timestamp asc
`);
  });

  it('of raw events counts events, and leaves the aggregated reports of the same connections out', () => {
    const query = defenderQuery({ ...PLAIN, source: 'defender-raw' });
    expect(query).toContain('ActionType !endswith "AggregatedReport"');
    expect(query).toContain('connections = count()');
    expect(defenderQuery({ ...PLAIN, source: 'sysmon' })).not.toContain('ActionType endswith');
  });

  it('of zeek lists the processes of the host by its address, since the sensor has no process', () => {
    const query = defenderQuery({ ...PLAIN, source: 'zeek' });
    expect(query).toContain('| where ipv6_is_match(LocalIP, device) and ipv6_is_match(RemoteIP, remote)\n');
    expect(query).toContain('by bin(Timestamp, 1h), DeviceName, InitiatingProcessFileName');
    expect(query).not.toContain('== process');
  });
});

describe('sentinelQuery(detection)', () => {
  it.each([
    ['defender', ['DeviceNetworkEvents', 'AggregatedReport']],
    ['defender-raw', ['DeviceNetworkEvents', '!endswith']],
    ['sysmon', ['(Event\n', '(WindowsEvent\n', 'EventID == 3', 'DestinationIp']],
    ['wfp', ['(SecurityEvent\n', '(WindowsEvent\n', 'EventID == 5156', 'DestAddress', '%%14593']],
    ['zeek', ['DeviceNetworkEvents', 'ipv6_is_match(LocalIP, device)']],
  ] as const)('of %s asks the tables that have it there, by TimeGenerated', (source, parts) => {
    const query = sentinelQuery({ ...PLAIN, source });
    for (const part of parts) expect(query).toContain(part);
    expect(query).toContain('TimeGenerated >= windowStart and TimeGenerated < windowEnd');
    expect(query).not.toMatch(/\bTimestamp\b/);
  });
});

describe('no text of the telemetry breaks out of its literal', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...HOSTILE_NAMES, '"; DeviceInfo //', '\\"; DeviceInfo //', '\\', '"', '")\n| take 1', '{0}', '$&'),
  );
  it.each(SOURCES)('of %s', (source) => {
    const plain = [defenderQuery, sentinelQuery].map((query) => withoutLiterals(query({ ...PLAIN, source })));
    fc.assert(
      fc.property(text, text, text, (DeviceName, InitiatingProcessFileName, RemoteIP) => {
        const hostile: QueriedDetection = { ...PLAIN, source, DeviceName, InitiatingProcessFileName, RemoteIP };
        const given = [DeviceName, InitiatingProcessFileName, RemoteIP].map((value) => value.toWellFormed());
        for (const [n, query] of [defenderQuery, sentinelQuery].entries()) {
          const read = withoutLiterals(query(hostile));
          expect(read?.text).toBe(plain[n]?.text);
          expect(read?.values.slice(0, 3)).toEqual(given);
          expect(read?.values.slice(3)).toEqual(plain[n]?.values.slice(3));
        }
      }),
    );
  });
});
