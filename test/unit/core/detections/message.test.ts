import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { messageOf } from '../../../../src/core/detections/message.ts';
import { bin } from '../../../../src/core/kql/bin.ts';
import { addMs } from '../../../../src/core/kql/timestamp.ts';
import { testNotification } from '../../../../src/notify/sinks/synthetic.ts';
import { T1 } from '../../../contract/samples.ts';
import { type DetectionChanges, ruleOf, synthetic } from '../../../support/detections.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');
const of = (changes: DetectionChanges = {}) => messageOf(synthetic(NOW, changes));
const factOf = (label: string, changes: DetectionChanges = {}) =>
  of(changes).facts.find((fact) => fact.label === label)?.value;

describe('messageOf(detection)', () => {
  it('has the facts in order of importance', () => {
    expect(of().facts).toEqual([
      { label: 'Device', value: 'wks-0417.corp.example' },
      { label: 'Process', value: 'updater.exe' },
      { label: 'Remote', value: '203.0.113.77, port 443' },
      {
        label: 'Severity',
        value:
          'high: One device connects to a rare address; the hours are regular (spread 1 % of the mean); the average of 59.8 per hour is clearly above the threshold of 45.',
      },
      {
        label: 'Since',
        value:
          'seen since the start of the window (2026-11-17 09:00Z) or earlier, last 2026-11-20 08:00Z; opened 2026-11-20 09:00Z',
      },
      {
        label: 'Rate',
        value:
          '59.8 connections per hour, 70 of 72 hours within the expected range, one about every 60 s (± 0.8 s) in these hours',
      },
      { label: 'Prevalence', value: 'no other device connects to this address' },
      {
        label: 'Reason',
        value:
          '70 of 72 hours within the expected range (minimum 12); 59.8 per hour (threshold 45); 2 outliers (score above 1.5)',
      },
      { label: 'Account', value: 'kim' },
      { label: 'Path', value: 'C:\\Users\\kim\\AppData\\Local\\Acme\\updater.exe' },
      { label: 'URL', value: 'https://updates.example.com/check' },
      { label: 'SHA-1', value: '3f786850e387550fdab836ed7e6dc881de23001b' },
      { label: 'Connections', value: '71 reports of success, 1 report of failure' },
      { label: 'MITRE ATT&CK', value: 'TA0011 Command and Control' },
      { label: 'Details', value: 'beaconwatch detections show 7c1a0f3e52d94b6688aa01c2d3e4f506' },
    ]);
  });

  it('shows the first connection, unless it may be before the window', () => {
    const { FirstConnection: start, lastMatched } = synthetic(NOW);
    const next = bin(addMs(start, 3_600_000), '1h');
    // The run that ends it has a later window: the first connection is of the one in which it matched.
    for (const changes of [{}, { state: 'resolved', asOf: addMs(lastMatched, 259_200_000) } as const]) {
      expect(factOf('Since', { ...changes, FirstConnection: start })).toMatch(
        /^seen since the start of the window \(2026-11-17 09:00Z\) or earlier, last /,
      );
      expect(factOf('Since', { ...changes, FirstConnection: next })).toMatch(
        /^seen 2026-11-17 10:00Z to 2026-11-20 08:00Z in this window; opened/,
      );
    }
  });

  it('shows the mean by the same figure in each sentence, and the singular for one', () => {
    const { average } = ruleOf(synthetic(NOW));
    expect(average.toFixed(2)).toBe('59.83');
    for (const label of ['Severity', 'Rate', 'Reason']) expect(factOf(label)).toMatch(/\b59\.8\b.* per hour/);
    expect(factOf('Reason', { outlier_count: 1 })).toContain('; 1 outlier (score above');
    expect(factOf('Connections', { traffic: { ...synthetic(NOW).traffic, succeeded: 1 } })).toBe(
      '1 report of success, 1 report of failure',
    );
  });

  it('shows the window as bars, a gap as a gap', () => {
    const { sparkline, sparkTitle } = of();
    expect([...sparkline]).toHaveLength(72);
    expect(sparkTitle).toBe('Connections by hour, the last 72; █ is 96');
    const gap = [null, null, ...synthetic(NOW).hours.slice(2)];
    expect(of({ hours: gap }).sparkline.slice(0, 3)).toMatch(/^ {2}[^ ]/);
  });

  it.each<[string, DetectionChanges]>([
    ['New beacon', {}],
    ['New beacon', { state: 'ongoing' }],
    ['Beacon changed', { revision: 1 }],
    ['Beacon is back', { episodes: [{ episode: T1, resolved: addMs(T1, 1), average: 60 }] }],
    ['Beacon is over', { state: 'resolved', revision: 2 }],
  ])('has the headline %s for %j', (headline, changes) => {
    expect(of(changes).headline).toBe(headline);
  });

  it('has the headline TEST MESSAGE for a test message', () => {
    const [detection] = testNotification(NOW).detections as [Detection];
    expect(messageOf(detection)).toMatchObject({ headline: 'TEST MESSAGE', DeviceName: 'TEST-MESSAGE.example' });
  });

  it('omits unknown facts, and shows the reason of a revision', () => {
    const base = synthetic(NOW).traffic;
    const none = {
      ...base,
      ports: [],
      succeeded: 0,
      failed: 0,
      sha1: [],
      sha256: [],
      folderPaths: [],
      accounts: [],
      urls: [],
    };
    const labels = of({ traffic: none, interval: null }).facts.map(({ label }) => label);
    expect(labels).toEqual([
      'Device',
      'Process',
      'Remote',
      'Severity',
      'Since',
      'Rate',
      'Prevalence',
      'Reason',
      'MITRE ATT&CK',
      'Details',
    ]);
    expect(factOf('Remote', { traffic: none })).toBe('203.0.113.77');
    expect(factOf('Rate', { interval: null })).toBe(
      '59.8 connections per hour, 70 of 72 hours within the expected range',
    );
    expect(factOf('Process', { InitiatingProcessFileName: '' })).toBe('(no process name)');
    expect(factOf('Changed', { revision: 1, revisionReason: 'The average rose.' })).toBe('The average rose.');
    expect(factOf('Prevalence', { devices: 7 })).toBe('7 devices connect to this address');
    expect(factOf('Other processes', { otherProcesses: ['a.exe', 'b.exe'] })).toBe('a.exe, b.exe');
    expect(factOf('MITRE ATT&CK', { technique: { id: 'T1071.001', name: 'Web Protocols' } })).toBe(
      'TA0011 Command and Control, T1071.001 Web Protocols',
    );
  });

  it('has the command that suppresses this detection alone', () => {
    expect(of().suppress).toBe(
      "beaconwatch suppress add --device=wks-0417.corp.example --process=updater.exe --remote=203.0.113.77 --reason='why'",
    );
    expect(of({ DeviceName: "it's" }).suppress).toBeNull();
    expect(of({ InitiatingProcessFileName: '$(id)' }).suppress).toBeNull();
    expect(of({ DeviceName: '' }).suppress).toBeNull();
    expect(of({ DeviceName: 'a b' }).suppress).toContain("--device='a b'");
  });
});
