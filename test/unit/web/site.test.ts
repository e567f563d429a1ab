import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectionPage } from '../../../src/web/detection_page.ts';
import { fleetPage } from '../../../src/web/fleet_page.ts';
import { healthPage } from '../../../src/web/health_page.ts';
import { listPage } from '../../../src/web/list_page.ts';
import { neighbourIndex } from '../../../src/web/neighbours.ts';
import type { PageDetection } from '../../../src/web/page_data.ts';
import { messagePage } from '../../../src/web/site_page.ts';
import { suppressionsPage } from '../../../src/web/suppressions_page.ts';
import { suppression } from '../../contract/samples.ts';
import { tries } from '../../support/effort.ts';
import { hostileText } from '../../support/sinks/hostile.ts';
import { elementsOf } from '../../support/web/elements.ts';
import { hostilePageDetection, PAGE_HOURS, PAGE_WINDOW, pageDetection } from '../../support/web/page.ts';

const { asOf } = PAGE_WINDOW;
const DAYS = [...Array.from({ length: 26 }, () => null), 700, 1400, 1400, 400];

/** Every page, with a text of somebody hostile in each place that text can reach. */
function pagesOf(detection: PageDetection, text: string): string[] {
  const status = { isHealthy: false, title: text, parts: [text], notes: [] };
  const reader = { name: text, formToken: 'token' };
  const shown = {
    ...detection,
    days: DAYS,
    owner: text,
    record: {
      ...{ state: 'ongoing' as const, isDecided: false, suppressedBy: text, verdict: 'acknowledged' as const },
      events: [{ at: asOf, text, note: text }],
      reports: [{ at: asOf, count: 3, facts: [text] }],
    },
  };
  const other = { ...shown, id: 'f'.repeat(32) };
  const detections = [shown, other];
  const common = { reader, status, asOf, hours: PAGE_HOURS };
  const limits = { minAverage: 45, minScore: 0.6 };
  const draft = {
    device: text,
    process: text,
    remote: text,
    hash: text,
    source: text,
    detector: text,
    reason: text,
    days: text,
  };
  const entry = suppression({ device: text, process: text, remote: text, owner: text, reason: text, id: text });
  const hits = { expired: true, hits: { detections: 3, last: asOf } };
  return [
    listPage({ ...common, view: 'open', search: text, detections, total: 5, limits, fault: text }),
    detectionPage({
      ...common,
      detection: shown,
      neighbours: neighbourIndex(detections)(shown),
      previous: other,
      next: other,
    }),
    fleetPage({ ...common, unit: 'hour', detections }),
    fleetPage({ ...common, unit: 'day', detections }),
    healthPage({ reader, status, problems: [text], facts: [{ name: text, text }] }),
    suppressionsPage({ reader, status, draft, fault: text, isForcible: true, suppressions: [{ ...entry, ...hits }] }),
    messagePage('', reader, text, text),
  ];
}

describe('the pages of the site', () => {
  it('have the same elements for hostile text as for plain text', () => {
    fc.assert(
      fc.property(hostilePageDetection, hostileText, (hostile, text) => {
        const { DeviceName, InitiatingProcessFileName, RemoteIP } = hostile;
        // What an empty name decides: a button or a note that is not there.
        fc.pre([DeviceName, InitiatingProcessFileName, text].every((each) => each !== '') && RemoteIP !== '*');
        const plain = { ...hostile, DeviceName: 'a', RemoteIP: 'b' };
        expect(pagesOf(hostile, text).map(elementsOf)).toEqual(pagesOf(plain, 'text').map(elementsOf));
      }),
      { numRuns: tries(6, 200) },
    );
  });

  it('show the days of the row in place of the hours, with their numbers', () => {
    const [, , , byDay = ''] = pagesOf(pageDetection(1), 'text');
    expect(byDay).toContain('4 of 30 days with reports, usually 975 a day, 0 outliers');
    expect(byDay).toContain('days from 10-31');
    const table = byDay.slice(byDay.indexOf('Numbers of the strips'));
    const cells = [...table.matchAll(/<td>([\d.]*)(?=<)/g)].map(([, text]) => text);
    expect(cells.slice(0, 30)).toEqual(DAYS.map((count) => (count === null ? '' : String(count))));
  });
});
