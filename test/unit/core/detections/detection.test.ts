import { describe, expect, it } from 'vitest';
import { type Detection, detectionIdOf, notificationIdOf } from '../../../../src/core/detections/detection.ts';
import { timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { frozen } from '../records/records.ts';

const detection = frozen({
  groupId: '0123456789abcdef0123456789abcdef',
  detector: 'kql-rule',
  episode: timestampOf('2026-11-20T12:00:00Z')!,
  revision: 3,
}) as Detection;

describe('detectionIdOf(finding)', () => {
  it('is this text: a RowKey, so frozen', () => {
    expect(detectionIdOf(detection)).toBe('0123456789abcdef0123456789abcdef|kql-rule');
  });
});

describe('notificationIdOf(detection)', () => {
  it('is this text; frozen, because receivers recognize repeats by it', () => {
    expect(notificationIdOf(detection)).toBe(
      '0123456789abcdef0123456789abcdef|kql-rule|2026-11-20T12:00:00.0000000Z|3',
    );
  });
});
