import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { revisionOf } from '../../../../src/core/detections/revision.ts';
import type { Hour } from '../../../../src/core/kql/bin.ts';
import { addMs } from '../../../../src/core/kql/timestamp.ts';
import { detection } from '../../../contract/samples.ts';
import { changed, type DetectionChanges } from '../../../support/detections.ts';

const BEFORE: Detection = detection({
  average: 60,
  severity: 'medium',
  notifiedLevel: { average: 60, severity: 'medium' },
  revision: 3,
  revisionReason: 'Of before.',
});
const NEXT = addMs(BEFORE.LastConnection, 3_600_000) as Hour;
const found = (changes: DetectionChanges) => changed({ ...BEFORE, LastConnection: NEXT }, changes);
const SAME = { revision: 3, revisionReason: 'Of before.', notifiedLevel: BEFORE.notifiedLevel };

describe('revisionOf(before, finding)', () => {
  it.each<[string, DetectionChanges]>([
    ['nothing new', {}],
    ['an average just below the double', { average: 119.999 }],
    ['a lower average', { average: 46 }],
    ['a lower severity', { severity: 'low' }],
    ['a doubled average without a later hour', { average: 500, LastConnection: BEFORE.LastConnection }],
    ['a high severity without a later hour', { severity: 'high', LastConnection: BEFORE.LastConnection }],
  ])('of %s is what it was', (_what, changes) => {
    expect(revisionOf(BEFORE, found(changes))).toEqual(SAME);
  });

  it('of an average twice the notified one rises by one, with the numbers', () => {
    expect(revisionOf(BEFORE, found({ average: 120 }))).toEqual({
      revision: 4,
      revisionReason: 'The average rose to 120 per hour (last notified: 60).',
      notifiedLevel: { average: 120, severity: 'medium' },
    });
  });

  it('of a severity that rose to high is one more; not of one that rose to medium, nor of high again', () => {
    const risen = revisionOf(BEFORE, found({ severity: 'high' }));
    expect(risen).toEqual({
      revision: 4,
      revisionReason: 'The severity rose to high (last notified: medium).',
      notifiedLevel: { average: 60, severity: 'high' },
    });
    expect(revisionOf({ ...BEFORE, ...risen }, found({ severity: 'high' }))).toEqual(risen);
    const low = { ...BEFORE, notifiedLevel: { average: 60, severity: 'low' as const } };
    expect(revisionOf(low, found({ severity: 'medium' }))).toEqual({ ...SAME, notifiedLevel: low.notifiedLevel });
  });

  it('keeps the highest of each: the notified level only rises', () => {
    const low = { ...BEFORE, notifiedLevel: { average: 100, severity: 'medium' as const } };
    expect(revisionOf(low, found({ severity: 'high', average: 70 })).notifiedLevel).toEqual({
      average: 100,
      severity: 'high',
    });
    const high = { ...BEFORE, notifiedLevel: { average: 60, severity: 'high' as const } };
    expect(revisionOf(high, found({ severity: 'low', average: 200 })).notifiedLevel).toEqual({
      average: 200,
      severity: 'high',
    });
  });
});
