import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/errors.ts';
import { spanMsOf, timeOf } from '../../../src/cli/instant.ts';

const NOON = Date.UTC(2026, 10, 20, 12);

describe('timeOf(option, text, now)', () => {
  it.each([
    ['2026-11-20T08:30:00+01:00', '2026-11-20T07:30:00.0000000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.0000000Z'],
    ['now', '2026-11-20T12:00:00.0000000Z'],
    ['24h', '2026-11-19T12:00:00.0000000Z'],
    ['3d', '2026-11-17T12:00:00.0000000Z'],
    ['90m', '2026-11-20T10:30:00.0000000Z'],
  ])('%s is %s', (text, instant) => expect(timeOf('--now', text, NOON)).toBe(instant));

  it.each(['', 'noon', '2026-02-30', '2026-11', '-3d', '0h', '3 d', '3D', '1.5h', '1e3h', '999999999d', '20261120'])(
    '%j is refused, with the forms that are accepted',
    (text) => {
      const call = () => timeOf('--from', text, NOON);
      expect(call).toThrow(UsageError);
      expect(call).toThrow(
        /^--from must be an ISO 8601 instant such as .*, a date, now, or an age such as 24h or 3d, got/,
      );
    },
  );
});

describe('spanMsOf(option, text)', () => {
  it('24h is a day', () => expect(spanMsOf('--every', '24h')).toBe(86_400_000));
  it.each(['now', '24', '2026-11-20', '0d'])('%j is refused', (text) =>
    expect(() => spanMsOf('--every', text)).toThrow(`--every must be a span such as 30m, 24h or 3d, got "${text}"`),
  );
});
