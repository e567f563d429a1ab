import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { headlineOf } from '../../../../src/core/detections/headline.ts';
import { addMs } from '../../../../src/core/kql/timestamp.ts';
import { testNotification } from '../../../../src/notify/sinks/synthetic.ts';
import { T1 } from '../../../contract/samples.ts';
import { type DetectionChanges, onlyRegular, regular, synthetic } from '../../../support/detections.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');

describe('headlineOf(detection)', () => {
  it.each<[string, DetectionChanges]>([
    ['HIGH: new beacon, every 60 s, 1 of 200 devices', {}],
    ['HIGH: new beacon, every 60 s, 1 of 200 devices', { state: 'ongoing' }],
    ['MEDIUM: beacon changed, every 60 s, 1 of 200 devices', { revision: 2, severity: 'medium' }],
    [
      'LOW: beacon is back, every 15 min, 1 device',
      {
        ...{ severity: 'low', fleetDevices: null, interval: { seconds: 900, deviation: 1 } },
        episodes: [{ episode: T1, resolved: addMs(T1, 1), average: 60 }],
      },
    ],
    ['HIGH: beacon is over, every 60 s, 3 devices', { state: 'resolved', revision: 2, devices: 3, fleetDevices: null }],
    ['HIGH: new beacon, 1 of 1 devices', { interval: null, fleetDevices: 0 }],
    [
      'HIGH: new beacon, every 272 s, over 12 addresses',
      {
        RemoteIP: '*',
        assessments: { 'kql-rule': null, regularity: regular({ way: 'process', addresses: 12 }) },
      },
    ],
  ])('is %s for %j', (headline, changes) => {
    expect(headlineOf(synthetic(NOW, changes))).toBe(headline);
  });

  it('has the interval of regularity where the KQL rule has none', () => {
    expect(headlineOf(onlyRegular(synthetic(NOW)))).toBe('HIGH: new beacon, every 272 s, 1 of 200 devices');
  });

  it('is TEST MESSAGE for a test message', () => {
    const [detection] = testNotification(NOW).detections as [Detection];
    expect(headlineOf(detection)).toBe('TEST MESSAGE');
  });
});
