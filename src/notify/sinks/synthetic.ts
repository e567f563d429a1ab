import { activityDaysOf } from '../../core/detections/activity.ts';
import { type Detection, notificationIdOf } from '../../core/detections/detection.ts';
import { TEST_GROUP_ID } from '../../core/detections/headline.ts';
import { ruleSeverityOf } from '../../core/detections/severity.ts';
import { bin } from '../../core/kql/bin.ts';
import { HOUR_MS } from '../../core/kql/timespan.ts';
import { addMs, timestampFromMs } from '../../core/kql/timestamp.ts';
import type { Notification } from '../sink.ts';

const HOURS = 72;

/** A synthetic detection of the three days before `now` (ms since the epoch), for test messages and examples. */
export function syntheticDetection(now: number, changes: Partial<Detection> = {}): Detection {
  const asOf = bin(timestampFromMs(now), '1h');
  const hours = Array.from({ length: HOURS }, (_, n) => bin(addMs(asOf, (n - HOURS) * HOUR_MS), '1h'));
  // Regular, with two outliers.
  const ConnCounts = hours.map((_, n) => (n === 20 ? 12 : n === 51 ? 96 : 59 + (n % 3)));
  const average = ConnCounts.reduce((sum, count) => sum + count, 0) / HOURS;
  const each = (value: (count: number) => number) => ConnCounts.map(value);
  const spread = 0.01;
  const thresholds = { lookbackDays: 3, minUniform: 12, minAverage: 45, anomalyThreshold: 1.5 };
  const { severity, severityReason } = ruleSeverityOf({
    ...{ devices: 1, few: 3, many: 10 },
    spread,
    average,
    minAverage: thresholds.minAverage,
    grain: 'hour',
  });
  return {
    groupId: '7c1a0f3e52d94b6688aa01c2d3e4f506',
    source: 'defender',
    DeviceName: 'wks-0417.corp.example',
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP: '203.0.113.77',
    FirstConnection: hours[0] as Detection['FirstConnection'],
    LastConnection: hours.at(-1) as Detection['LastConnection'],
    assessments: {
      'kql-rule': {
        FirstConnection: hours[0] as Detection['FirstConnection'],
        LastConnection: hours.at(-1) as Detection['LastConnection'],
        count_of_hours: HOURS,
        inliner_count: HOURS - 2,
        outlier_count: 2,
        avg_conn_count: Math.trunc(average),
        average,
        spread,
        interval: { seconds: 60, deviation: 0.8 },
        lastMatched: asOf,
        evidence: {
          grain: 'hour',
          Timestamp: hours,
          ConnCounts,
          flags: each((count) => (count < 50 ? -1 : count > 70 ? 1 : 0)),
          scores: each((count) => (count < 50 ? -31.5 : count > 70 ? 23.6 : 0)),
          baseline: each(() => 60),
          period: 0,
          omitted: 0,
          thresholds,
        },
      },
      regularity: null,
    },
    devices: 1,
    fleetDevices: 200,
    otherProcesses: [],
    hours: ConnCounts,
    days: activityDaysOf(asOf, ConnCounts, null),
    severity,
    severityReason,
    technique: null,
    programHash: null,
    known: null,
    traffic: {
      asOf,
      ports: [{ port: 443, reports: 71 }],
      succeeded: 71,
      failed: 1,
      localIPs: ['192.0.2.17'],
      sha1: ['3f786850e387550fdab836ed7e6dc881de23001b'],
      // Defender leaves SHA-256 empty, mostly.
      sha256: [],
      folderPaths: ['C:\\Users\\kim\\AppData\\Local\\Acme\\updater.exe'],
      accounts: ['kim'],
      urls: ['https://updates.example.com/check'],
      deviceIds: ['5e0f7b2a9c1d4e6f8a0b3c5d7e9f1a2b4c6d8e0f'],
      processIds: ['4312'],
      commandLines: ['"C:\\Users\\kim\\AppData\\Local\\Acme\\updater.exe" --background'],
      parents: ['explorer.exe'],
      companies: ['Acme Ltd'],
      products: ['Acme Updater'],
      versions: ['2.4.1.0'],
      domains: ['corp'],
      upns: ['kim@corp.example'],
      integrityLevels: ['Medium'],
      protocols: ['Tcp'],
    },
    state: 'new',
    episode: asOf,
    revision: 1,
    revisionReason: '',
    decision: {
      ...{ isDecided: true, isRipe: false, runsInARow: 0 },
      highestSeverity: severity,
      lastNotified: null,
    },
    highestAverage: average,
    episodes: [],
    asOf,
    lastMatched: asOf,
    suppressedBy: '',
    ...changes,
  };
}

/** The message that `notify --test` sends. Every format marks it as a test in its first line. */
export function testNotification(now: number): Notification {
  const detection = syntheticDetection(now, {
    groupId: TEST_GROUP_ID,
    DeviceName: 'TEST-MESSAGE.example',
    InitiatingProcessFileName: 'test-message.exe',
    severity: 'low',
    severityReason: 'This is a test message of Beaconwatch: nothing was detected.',
    // A new id for each test: a receiver may drop an id that it knows.
    episode: timestampFromMs(now),
  });
  return { id: notificationIdOf(detection), detections: [detection], more: 0, digest: false };
}
