import { describe, expect, it } from 'vitest';
import { detectionText } from '../../../src/cli/commands/detection_text.ts';
import { bin } from '../../../src/core/kql/bin.ts';
import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import { syntheticDetection } from '../../../src/notify/sinks/synthetic.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');

describe('detectionText(detection)', () => {
  it.each([
    ['2026-11-17T09:00:00Z', 'since the window began (2026-11-17 09:00) or before, last 2026-11-20 08:00 UTC'],
    ['2026-11-17T10:00:00Z', '2026-11-17 10:00 to 2026-11-20 08:00 UTC'],
  ])('first seen %s: the time, unless the window may have cut it', (first, seen) => {
    const text = detectionText({
      ...syntheticDetection(NOW, { FirstConnection: bin(timestampOf(first)!, '1h') }),
      ...{ id: '', deliveries: {}, verdict: null, latestReports: [], queries: { defender: '', sentinel: '' } },
    });
    expect(text).toContain(`seen            ${seen}, in 72 of these hours\n`);
  });
});
