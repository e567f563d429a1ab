import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trafficLists } from '../../../src/core/detections/traffic.ts';
import { roundedText } from '../../../src/core/text/numbers.ts';
import { reportHtml } from '../../../src/web/report.ts';
import { tries } from '../../support/effort.ts';
import { elementsOf } from '../../support/web/elements.ts';
import { hostilePageDetection, PAGE_HOURS, pageData, pageDetection } from '../../support/web/page.ts';

const LIMITS = { minAverage: 45, minScore: 0.6 };
const report = (...detections: ReturnType<typeof pageDetection>[]) =>
  reportHtml(pageData(detections), { limits: LIMITS, command: 'score FILES' });

describe('reportHtml', () => {
  it('has the same elements for hostile names as for plain ones', () => {
    const plain = report(pageDetection(1, hostileShape));
    fc.assert(
      fc.property(hostilePageDetection, (hostile) => {
        const { DeviceName, InitiatingProcessFileName, RemoteIP } = hostile;
        // What a name decides itself: a button without a device, a tag for a LOLBin.
        fc.pre(DeviceName !== '' && InitiatingProcessFileName !== '' && RemoteIP !== '*');
        const page = report({ ...pageDetection(1), ...textsOf(hostile), InitiatingProcessFileName });
        expect(elementsOf(page)).toEqual(elementsOf(plain));
      }),
      { numRuns: tries(6, 300) },
    );
  });

  it('shows the numbers of the data: each hour, what was expected, its score', () => {
    const detection = pageDetection(3);
    const page = report(detection);
    const rows = [...page.matchAll(/<tr><th scope="row">(\d\d-\d\d \d\d:\d\d)((?:<td>[^<]*)+)/g)].map(
      ([, hour, cells = '']) => [hour, ...[...cells.matchAll(/<td>([^<]*)/g)].map(([, cell]) => cell)],
    );
    const points = new Map(detection.kqlRule?.points.map((point) => [point.hour, point]));
    expect(rows.map(([hour, count, expected, , outlier]) => [hour, count, expected, outlier])).toEqual(
      PAGE_HOURS.map((hour, index) => {
        const count = detection.hours[index] ?? null;
        const point = points.get(hour);
        return [
          `${hour.slice(5, 10)} ${hour.slice(11, 16)}`,
          count === null ? 'no report' : roundedText(count, 1),
          point === undefined ? '' : roundedText(point.expected, 1),
          point === undefined || point.flag === 0 ? '' : point.flag > 0 ? 'above' : 'below',
        ];
      }),
    );
    const rule = detection.kqlRule;
    expect(page).toContain(
      `${rule?.inliner_count} of ${rule?.count_of_hours} hours within the expected range (minimum 12)`,
    );
    expect(page).toContain(`${roundedText(rule?.average ?? 0, 1)} per hour (threshold 45)`);
    expect(page).toContain('0.914 (minimum 0.6; 0.7 to raise the severity)');
    expect([...page.matchAll(/<rect class="out"/g)]).toHaveLength(rule?.outlier_count ?? -1);
    const missing = /<path class="missing" d="([^"]*)"/.exec(page)?.[1] ?? '';
    expect(missing.match(/M/g)).toHaveLength(detection.hours.filter((count) => count === null).length);
  });

  it('is whole without any detection', () => {
    expect(report()).toContain('No beacons here.');
  });

  it('loads nothing: no address but places in the page and the portal', () => {
    const page = report(pageDetection(1));
    const addresses = [...page.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, address = '']) => address);
    expect(
      addresses.filter((address) => !/^#|^data:image\/svg|^https:\/\/security\.microsoft\.com\//.test(address)),
    ).toEqual([]);
  });
});

function textsOf(detection: ReturnType<typeof pageDetection>) {
  const { DeviceName, RemoteIP, hosts, otherProcesses, otherAddresses, suppress, queries, traffic } = detection;
  return { DeviceName, RemoteIP, hosts, otherProcesses, otherAddresses, suppress, queries, traffic };
}

const hostileShape = textsOf(
  pageDetection(1, {
    hosts: ['a'],
    otherProcesses: ['a'],
    otherAddresses: [{ RemoteIP: 'a', connections: 3, hosts: ['a'] }],
    traffic: {
      ...trafficLists(() => ['a']),
      ...{ asOf: '', ports: [], succeeded: 1, failed: 2 },
    },
  }),
);
