import { describe, expect, it } from 'vitest';
import type { RegularAssessment } from '../../../../src/core/detections/assessments.ts';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { messageOf } from '../../../../src/core/detections/message.ts';
import { NO_TRAFFIC } from '../../../../src/core/detections/traffic.ts';
import { bin } from '../../../../src/core/kql/bin.ts';
import { addMs, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { testNotification } from '../../../../src/notify/sinks/synthetic.ts';
import { type DetectionChanges, onlyRegular, regular, synthetic } from '../../../support/detections.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');
const of = (changes: DetectionChanges = {}) => messageOf(synthetic(NOW, changes));
const sentence = (changes: DetectionChanges = {}) =>
  of(changes)
    .sentence.map(({ text }) => text)
    .join('');
const factOf = (label: string, changes: DetectionChanges = {}) =>
  of(changes).facts.find((fact) => fact.label === label)?.value;
const figureOf = (label: string, changes: DetectionChanges = {}) =>
  of(changes).figures.find((fact) => fact.label === label)?.value;
const TRAFFIC = synthetic(NOW).traffic;
const NONE = { ...NO_TRAFFIC, asOf: TRAFFIC.asOf };

describe('messageOf(detection)', () => {
  it('says in one sentence what connects where, how often, and who else does', () => {
    expect(sentence()).toBe(
      'updater.exe on wks-0417.corp.example (kim) connects to 203.0.113.77:443 about every 60 s, in 72 of 72 hours. No other device does.',
    );
    expect(
      of()
        .sentence.filter(({ isName }) => isName)
        .map(({ text }) => text),
    ).toEqual(['updater.exe', 'wks-0417.corp.example', 'kim', '203.0.113.77:443']);
  });

  it('has a sentence without gaps where the telemetry has none of it', () => {
    expect(sentence({ traffic: NONE, interval: null, InitiatingProcessFileName: '', DeviceName: '' })).toBe(
      '(no process name) on (no device name) connects to 203.0.113.77, in 72 of 72 hours. No other device does.',
    );
    expect(sentence({ devices: 2, traffic: NONE })).toMatch(/ 1 other device connects to it\.$/);
    expect(sentence({ devices: 1200, traffic: NONE })).toMatch(/ 1,199 other devices connect to it\.$/);
    const ports = [...TRAFFIC.ports, { port: 80, reports: 1 }];
    expect(sentence({ traffic: { ...TRAFFIC, ports } })).toContain('connects to 203.0.113.77 about');
    expect(factOf('Ports', { traffic: { ...TRAFFIC, ports } })).toBe('443, 80');
    expect(sentence({ RemoteIP: '2001:db8::1' })).toContain('connects to [2001:db8::1]:443 about');
    expect(sentence({ traffic: { ...TRAFFIC, succeeded: 0 } })).toContain('tries to connect to');
    expect(sentence({ state: 'resolved' })).toContain(
      'connected to 203.0.113.77:443 about every 60 s, in 72 of 72 hours, until 2026-11-20 08:00Z.',
    );
  });

  it('has each number once, beside the number that it is judged against', () => {
    expect(of().figures).toEqual([
      { label: 'Every', value: '60 s ± 1.3 %' },
      { label: 'Devices there', value: '1 of 200 (0.5 %)' },
      { label: 'Connections per hour', value: '59.8 (threshold 45)' },
      { label: 'Hours in the expected range', value: '70 of 72 (minimum 12)' },
      { label: 'Outcome', value: '99 % of reports succeed' },
    ]);
    expect(figureOf('Devices there', { fleetDevices: null })).toBe('1');
    expect(figureOf('Connections per hour', { interval: { seconds: 100, deviation: 1 } })).toBe(
      '59.8 (threshold 45), by its outliers',
    );
    for (const traffic of [NONE, { ...TRAFFIC, failed: 0 }]) {
      expect(of({ traffic }).figures.map(({ label }) => label)).not.toContain('Outcome');
    }
  });

  it('has the numbers of regularity where it matched alone, and its reason', () => {
    const { figures, facts } = messageOf(
      onlyRegular(synthetic(NOW, { severityReason: 'No other device is as regular.' })),
    );
    expect(figures).toContainEqual({ label: 'Every', value: '272 s (195–349 s)' });
    expect(figures).toContainEqual({
      label: 'Regularity',
      value: 'score 0.91 (threshold 0.6); random counts vary 38 times as much',
    });
    const viewed = (changes: Partial<RegularAssessment>) =>
      messageOf(onlyRegular(synthetic(NOW), changes)).figures.find(({ label }) => label === 'Regularity')?.value;
    expect(viewed({ view: 'steps', views: { steps: 0 } })).toMatch(/; random counts change over 100 times as much$/);
    expect(viewed({ view: 'gaps', views: { gaps: 0.4 } })).toMatch(/; random gaps vary 2\.5 times as much$/);
    expect(viewed({ threshold: 0.45 })).toMatch(/^score 0\.91 \(threshold 0\.45\)/);
    expect(facts).toContainEqual({ label: 'Why high', value: 'No other device is as regular.' });
    const session = messageOf(onlyRegular(synthetic(NOW), { way: 'session', session: { p: 1e-9, n: 5, mean: 13.24 } }));
    expect(session.figures).toContainEqual({
      label: 'Regularity',
      value: '13.2 per hour for 5 whole hours; chance makes one of 1,000,000,000 groups so even',
    });
    const even = messageOf(onlyRegular(synthetic(NOW), { interval: 900, interval_low: 900, interval_high: 900 }));
    expect(even.figures).toContainEqual({ label: 'Every', value: '15 min' });
  });

  it('names the addresses of a process as a whole', () => {
    const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4', '203.0.113.5', '203.0.113.6'];
    const assessments = {
      'kql-rule': null,
      regularity: regular({ way: 'process', addresses: 12, remoteIPs: addresses }),
    };
    expect(sentence({ RemoteIP: '*', assessments })).toMatch(
      /connects to several addresses .* Few devices use these addresses\.$/,
    );
    expect(factOf('Addresses, such as', { RemoteIP: '*', assessments })).toBe(addresses.slice(0, 5).join(', '));
    expect(factOf('Ports', { RemoteIP: '*', assessments })).toBe('443');
    expect(figureOf('Addresses', { RemoteIP: '*', assessments })).toBe('12, of few devices');
  });

  it('says what the program is, the most important first', () => {
    const { facts } = of({ InitiatingProcessFileName: 'MSHTA.exe', revision: 1, revisionReason: 'The average rose.' });
    expect(facts.map(({ label }) => label)).toEqual([
      ...['Changed', 'First seen', 'LOLBin', 'Path', 'Command line', 'Parent', 'File', 'Account', 'SHA-1', 'URL'],
    ]);
    expect(facts[2]?.value).toBe('attackers use this program (T1218.005: runs foreign code in a signed program)');
    for (const line of ['"Updater.exe" ', 'c:\\users\\kim\\appdata\\local\\acme\\updater.exe']) {
      expect(factOf('Command line', { traffic: { ...TRAFFIC, commandLines: [line] } })).toBeUndefined();
    }
    expect(factOf('File')).toBe('Acme Updater 2.4.1.0, by Acme Ltd');
    const files = (changes: Partial<Detection['traffic']>) => ({
      traffic: { ...NONE, asOf: TRAFFIC.asOf, ...changes },
    });
    expect(factOf('File', files({ products: ['Sync'], versions: ['1.0'] }))).toBe('Sync 1.0, names no company');
    expect(factOf('File', files({ parents: ['explorer.exe'] }))).toBe('names no company');
    expect(factOf('File', files({ parents: ['explorer.exe'], companies: ['Acme'] }))).toBe('by Acme');
    // Neither says anything of a company: no facts of the program at all, and events of Sysmon.
    expect(factOf('File', files({}))).toBeUndefined();
    expect(factOf('File', { source: 'sysmon', ...files({ commandLines: ['a b'] }) })).toBeUndefined();
    expect(factOf('Account')).toBe('kim@corp.example, domain corp, integrity Medium');
    expect(factOf('SHA-256', { traffic: { ...NONE, sha256: ['a'] } })).toBe('a');
    expect(factOf('Other processes there', { otherProcesses: ['a.exe', 'b.exe'] })).toBe('a.exe, b.exe');
    expect(factOf('Technique', { technique: { id: 'T1071.001', name: 'Web Protocols' } })).toBe(
      'T1071.001 Web Protocols',
    );
  });

  it('shows the first connection, unless it may be before the window', () => {
    const { FirstConnection: start, lastMatched } = synthetic(NOW);
    const next = bin(addMs(start, 3_600_000), '1h');
    // The run that ends it has a later window: the first connection is of the one in which it matched.
    for (const changes of [{}, { state: 'resolved', asOf: addMs(lastMatched, 259_200_000) } as const]) {
      expect(factOf('First seen', { ...changes, FirstConnection: start })).toBe('at or before 2026-11-17 09:00Z');
      expect(factOf('First seen', { ...changes, FirstConnection: next })).toBe('2026-11-17 10:00Z');
    }
  });

  it('says when it was first found, over all episodes', () => {
    const past = (n: number) =>
      Array.from({ length: n }, (_, day) => ({
        episode: `2026-10-${String(day + 1).padStart(2, '0')}T08:00:00.0000000Z` as Timestamp,
        resolved: '2026-11-01T08:00:00.0000000Z' as Timestamp,
        average: null,
      }));
    expect(factOf('First seen', { episodes: past(2) })).toBe(
      'at or before 2026-11-17 09:00Z; first found 2026-10-01 08:00Z (2 earlier episodes)',
    );
    expect(factOf('First seen', { episodes: past(20) })).toContain(
      'first found 2026-10-01 08:00Z or before (20 earlier episodes)',
    );
  });

  it('says of a beacon that has stopped when it was last seen', () => {
    const { lastMatched } = synthetic(NOW);
    const stopped = (hours: number) => ({ LastConnection: bin(addMs(lastMatched, -hours * 3_600_000), '1h') });
    expect(factOf('First seen', stopped(3))).toBe('at or before 2026-11-17 09:00Z');
    expect(factOf('First seen', stopped(4))).toBe(
      'at or before 2026-11-17 09:00Z; last seen in the hour from 2026-11-20 05:00Z',
    );
    expect(factOf('First seen', { ...stopped(4), state: 'resolved' })).not.toContain('last seen');
  });

  it('says why where that is more than the figures, and names a LOLBin once', () => {
    const severityReason = 'Signs. Attackers use this program (T1218.005).';
    const changes = { InitiatingProcessFileName: 'mshta.exe', severityReason };
    expect(factOf('Why high', changes)).toBeUndefined();
    expect(factOf('Why low', { ...changes, severity: 'low' })).toBe('Signs.');
  });

  it('repeats no signs of the KQL rule where both detectors match, and says what regularity found', () => {
    const both = { 'kql-rule': synthetic(NOW).assessments['kql-rule'], regularity: regular() };
    const { severityReason } = synthetic(NOW);
    expect(factOf('Why high', { assessments: both, severityReason })).toBeUndefined();
    const other = 'No other device is as regular (at most 3 is rare); the score is 0.93.';
    expect(factOf('Why high', { assessments: both, severityReason: other })).toBe(other);
    const known = { list: 'indicator', reason: 'INC-4711' } as const;
    const raised = `${severityReason} Known indicator: INC-4711; so one severity higher than medium.`;
    expect(factOf('Why high', { assessments: both, severityReason: raised, known })).toBeUndefined();
    expect(factOf('Known indicator', { severityReason: raised, known })).toBe(
      'INC-4711; so one severity higher than medium',
    );
  });

  it('says of a test message that it is one', () => {
    const [test] = testNotification(NOW).detections as [Detection];
    expect(messageOf(test).facts[0]?.value).toContain('nothing was detected');
  });

  it('has one query, for the portal that has the telemetry', () => {
    for (const source of ['defender', 'defender-raw', 'zeek'] as const) {
      expect(of({ source }).query).toMatchObject({
        portal: 'Defender',
        text: expect.stringContaining('Timestamp >= '),
      });
    }
    for (const source of ['sysmon', 'wfp'] as const) expect(of({ source }).query.portal).toBe('Sentinel');
  });

  it('has commands by the id, which are safe for every name', () => {
    const id = synthetic(NOW).groupId;
    expect(of({ DeviceName: '$(id)' }).commands).toEqual({
      show: `beaconwatch detections show ${id}`,
      mark: `beaconwatch detections mark ${id} --as true-positive`,
      suppress: `beaconwatch suppress add --from ${id} --reason 'why'`,
    });
  });
});
