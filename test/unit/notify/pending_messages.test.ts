import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notificationIdOf } from '../../../src/core/detections/detection.ts';
import { addMs } from '../../../src/core/kql/timestamp.ts';
import { sinkBackoffMs } from '../../../src/notify/backoff.ts';
import type { PendingBatch, PendingRow } from '../../../src/notify/batching.ts';
import { type PendingMessage, pendingMessagesOf } from '../../../src/notify/pending_messages.ts';
import type { DigestLimits } from '../../../src/notify/sink.ts';
import type { PendingNotification } from '../../../src/storage/ports/outbox.ts';
import { groupId, pendingNotification, T1 } from '../../contract/samples.ts';

const LIMITS: DigestLimits = { above: 2, atMost: 100, listed: 2, waitMs: 0 };

const row = (number: number, changes: Partial<PendingNotification> = {}): PendingRow =>
  Object.freeze({ row: pendingNotification({ groupId: groupId(number), ...changes }), version: 'v' });
const tried = (number: number, changes: Partial<PendingNotification> = {}) =>
  row(number, { attempts: 1, answer: '503', ...changes });
const rows = (...ids: number[]) => ids.map((id) => row(id));
const batch = (
  untried: readonly PendingRow[],
  again: readonly PendingRow[] = [],
  ...waiting: string[]
): PendingBatch => ({
  untried,
  tried: again,
  waitingDigests: new Set(waiting),
  isLeasedElsewhere: false,
  isCut: false,
});
const numbers = ({ members }: PendingMessage) => members.map((each) => Number.parseInt(each.row.groupId.slice(1), 16));
const shape = (of: PendingBatch, limits: DigestLimits | null = LIMITS) => pendingMessagesOf(of, limits).map(numbers);

describe('pendingMessagesOf(batch, limits)', () => {
  it('is each by itself under its own id, in order, where that is what the sink wants', () => {
    const messages = pendingMessagesOf(batch(rows(2, 1, 3)), null);
    expect(messages.map(numbers)).toEqual([[2], [1], [3]]);
    expect(messages.map(({ id, digest }) => [id, digest])).toEqual(
      [2, 1, 3].map((number) => [`${groupId(number)}|${T1}|1`, false]),
    );
  });

  it('sends up to the limit one by one, and more as a digest', () => {
    expect(shape(batch(rows(1, 2)))).toEqual([[1], [2]]);
    expect(shape(batch(rows(3, 1, 2)))).toEqual([[3, 1, 2]]);
  });

  it('cuts a flood into digests of limited size, and loses none', () => {
    const many = batch(rows(...Array.from({ length: 250 }, (_, n) => n)));
    expect(shape(many).map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(new Set(shape(many).flat()).size).toBe(250);
  });

  it('sends what the end of the baseline made pending as one digest, however few or many they are', () => {
    const ofBaseline = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => row(from + n, { isOfBaseline: true }));
    const one = { ...LIMITS, baseline: 'one' } as const;
    expect(shape(batch([...ofBaseline(1, 2), ...rows(8, 9)]), one)).toEqual([[1, 2], [8], [9]]);
    expect(shape(batch(ofBaseline(0, 250)), one)).toHaveLength(1);
    expect(shape(batch(ofBaseline(1, 3)), { ...LIMITS, baseline: 'each' })).toEqual([[1], [2], [3]]);
    // A message with complete rows has every detection in any case.
    expect(shape(batch(ofBaseline(1, 3)))).toEqual([[1, 2, 3]]);
    // What the sink did not take is sent again as the same digest.
    const [digest] = pendingMessagesOf(batch(ofBaseline(1, 2)), one);
    const again = [tried(1, { digest: digest!.id, isOfBaseline: true }), tried(2, { digest: digest!.id })];
    expect(pendingMessagesOf(batch([], again), one)).toMatchObject([{ id: digest!.id, digest: true }]);
  });

  it('leaves a single one over for itself', () => {
    const [first, last] = pendingMessagesOf(batch(rows(1, 2, 3)), { ...LIMITS, atMost: 2 });
    expect(first?.digest).toBe(true);
    expect(last).toMatchObject({ digest: false, id: `${groupId(3)}|${T1}|1` });
  });

  it('names a digest by what it is made of, in whatever order', () => {
    const id = (...of: PendingRow[]) => pendingMessagesOf(batch(of), LIMITS)[0]?.id;
    const [a, b, c, d] = rows(1, 2, 3, 4) as [PendingRow, PendingRow, PendingRow, PendingRow];
    expect(id(a, b, c)).toMatch(/^digest\|[0-9a-f]{32}$/);
    expect(id(c, a, b)).toBe(id(a, b, c));
    const others = [
      id(a, b, d),
      id(a, b, c, d),
      id(a, b, row(3, { revision: 2 })),
      id(a, b, row(3, { episode: addMs(T1, 1) })),
    ];
    expect(new Set([id(a, b, c), ...others]).size).toBe(5);
  });

  it('keeps by itself what was tried by itself, behind what was not', () => {
    expect(shape(batch(rows(4, 5, 6), [tried(1), tried(2)]))).toEqual([[4, 5, 6], [1], [2]]);
  });

  it('is the rest of a digest under its name, all at once, also where that is one', () => {
    const digest = { digest: 'digest|x' };
    const again = [tried(1, digest), tried(2), tried(3, digest), tried(4, { digest: 'digest|y', attempts: 2 })];
    const messages = pendingMessagesOf(batch(rows(7), again), LIMITS);
    expect(messages.map(({ id, digest }) => [id.slice(0, 8), digest])).toEqual([
      [groupId(7).slice(0, 8), false],
      ['digest|x', true],
      [groupId(2).slice(0, 8), false],
      ['digest|y', true],
    ]);
    expect(messages.map(numbers)).toEqual([[7], [1, 3], [2], [4]]);
  });

  it('leaves a digest while one of its rows waits: two parts would be two messages of one id', () => {
    const again = [tried(1, { digest: 'digest|x' }), tried(2, { digest: 'digest|y' }), tried(3)];
    expect(shape(batch(rows(7), again, 'digest|x', ''))).toEqual([[7], [2], [3]]);
  });

  it('has every row once, but for those that wait, and no id twice', () => {
    const anyRow = fc.record({
      number: fc.nat(60),
      attempts: fc.nat(2),
      digest: fc.constantFrom('', 'digest|x', 'digest|y'),
    });
    fc.assert(
      fc.property(fc.array(anyRow), fc.integer({ min: 1, max: 9 }), fc.boolean(), (given, atMost, waits) => {
        const unique = [...new Map(given.map((each) => [each.number, each])).values()];
        const all = unique.map(({ number, attempts, digest }) =>
          row(number, { attempts, digest: attempts > 0 ? digest : '' }),
        );
        const untried = all.filter((each) => each.row.attempts === 0);
        const again = all.filter((each) => each.row.attempts > 0);
        const messages = pendingMessagesOf(batch(untried, again, ...(waits ? ['digest|x'] : [])), {
          ...LIMITS,
          atMost,
        });
        const sent = messages.flatMap(({ members }) => members.map((each) => notificationIdOf(each.row)));
        const wanted = all.filter((each) => !waits || each.row.digest !== 'digest|x');
        expect(sent.sort()).toEqual(wanted.map((each) => notificationIdOf(each.row)).sort());
        expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
      }),
    );
  });
});

describe('sinkBackoffMs(failures, retryAfterMs, jitter)', () => {
  it('doubles from 30 s to 30 minutes, in the upper half of it', () => {
    expect([1, 2, 3, 6, 7, 50].map((failures) => sinkBackoffMs(failures, 0, 0))).toEqual([
      15_000, 30_000, 60_000, 480_000, 900_000, 900_000,
    ]);
    expect(sinkBackoffMs(1, 0, 0.5)).toBe(22_500);
    expect(sinkBackoffMs(0, 0, 0)).toBe(15_000);
  });

  it('is no less than is asked for, up to six hours', () => {
    expect(sinkBackoffMs(1, 120_000, 0)).toBe(120_000);
    expect(sinkBackoffMs(7, 120_000, 0)).toBe(900_000);
    expect(sinkBackoffMs(1, 86_400_000, 0)).toBe(6 * 3_600_000);
  });
});
