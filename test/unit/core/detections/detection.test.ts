import { describe, expect, it } from 'vitest';
import { notificationIdOf } from '../../../../src/core/detections/detection.ts';
import { timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { frozen } from '../records/records.ts';

const detection = frozen({
  groupId: '0123456789abcdef0123456789abcdef',
  episode: timestampOf('2026-11-20T12:00:00Z')!,
  revision: 3,
});

describe('notificationIdOf(detection)', () => {
  it('is this text; frozen, because receivers recognize repeats by it', () => {
    expect(notificationIdOf(detection)).toBe('0123456789abcdef0123456789abcdef|2026-11-20T12:00:00.0000000Z|3');
  });
});
