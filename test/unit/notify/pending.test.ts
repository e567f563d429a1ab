import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SinkDelivery } from '../../../src/core/detections/detection.ts';
import { addMs } from '../../../src/core/kql/timestamp.ts';
import { sinkBackoffMs } from '../../../src/notify/backoff.ts';
import {
  type PendingDetection,
  type PendingNotification,
  pendingNotificationsOf,
} from '../../../src/notify/pending.ts';
import type { DigestLimits } from '../../../src/notify/sink.ts';
import { delivery, groupId, T1 } from '../../contract/samples.ts';

const NOW = 1_795_165_200_000;
const TOGETHER: DigestLimits = { above: 2, atMost: 100, listed: 2, waitMs: 0 };

const outgoing = (number: number, changes: Partial<PendingDetection> = {}): PendingDetection =>
  Object.freeze({
    groupId: groupId(number),
    detector: 'kql-rule' as const,
    state: 'new' as const,
    episode: T1,
    revision: 0,
    suppressedBy: '',
    severity: 'medium' as const,
    average: 100 - number,
    delivery: undefined,
    ...changes,
  });
const tried = (changes: Partial<SinkDelivery> = {}) => ({
  delivery: delivery({ answer: '503', at: NOW - 1, ...changes }),
});
const plan = (rows: readonly PendingDetection[], together: DigestLimits | null = TOGETHER) =>
  pendingNotificationsOf(rows, T1, together, NOW);
const numbers = ({ members }: PendingNotification) =>
  members.map((member) => Number.parseInt(member.groupId.slice(1), 16));
const shape = (rows: readonly PendingDetection[], together?: DigestLimits | null) => plan(rows, together).map(numbers);
const rows = (...ids: number[]) => ids.map((id) => outgoing(id));

describe('tellingsOf(outgoing, since, together, now)', () => {
  it('notifies each by itself under its own id, the higher average first, where that is what the sink wants', () => {
    const one = plan(rows(2, 1), null);
    expect(one.map(numbers)).toEqual([[1], [2]]);
    expect(one.map(({ id, digest }) => [id, digest])).toEqual([
      [`${groupId(1)}|kql-rule|${T1}|0`, null],
      [`${groupId(2)}|kql-rule|${T1}|0`, null],
    ]);
    expect(shape(rows(...Array.from({ length: 50 }, (_, n) => n)), null)).toHaveLength(50);
  });

  it('notifies up to so many by themselves, one more together', () => {
    expect(shape(rows(1, 2))).toEqual([[1], [2]]);
    expect(shape(rows(3, 1, 2))).toEqual([[1, 2, 3]]);
  });

  it('cuts a flood into digests of at most so many, and forgets none', () => {
    const many = rows(...Array.from({ length: 250 }, (_, n) => n));
    expect(shape(many).map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(new Set(shape(many).flat()).size).toBe(250);
  });

  it('leaves a single one over for itself', () => {
    const [first, last] = plan(rows(1, 2, 3), { ...TOGETHER, atMost: 2 });
    expect(first?.digest?.of).toBe(2);
    expect(last).toMatchObject({ digest: null, id: `${groupId(3)}|kql-rule|${T1}|0` });
  });

  it('names a digest by what it is made of, in whatever order', () => {
    const id = (...ids: PendingDetection[]) => plan(ids)[0]?.id;
    const [a, b, c, d] = rows(1, 2, 3, 4) as [PendingDetection, PendingDetection, PendingDetection, PendingDetection];
    expect(id(a, b, c)).toMatch(/^digest\|[0-9a-f]{32}$/);
    expect(id(c, a, b)).toBe(id(a, b, c));
    const others = [
      id(a, b, d),
      id(a, b, c, d),
      id(a, b, { ...c, revision: 1 }),
      id(a, b, { ...c, episode: addMs(T1, 1) }),
    ];
    expect(new Set([id(a, b, c), ...others]).size).toBe(5);
  });

  it('passes over what is not active, suppressed, older than the sink, or notified', () => {
    const none = [
      outgoing(1, { state: 'resolved' }),
      outgoing(2, { suppressedBy: 'ours' }),
      outgoing(3, { episode: addMs(T1, -1) }),
      outgoing(4, tried({ status: 'sent' })),
      outgoing(5, tried({ status: 'failed' })),
      outgoing(6, tried({ answer: '', at: NOW - 119_999 })),
      outgoing(7, tried({ nextTry: NOW + 1 })),
    ];
    expect(shape(none)).toEqual([]);
    expect(
      shape([outgoing(6, tried({ answer: '', at: NOW - 120_000 })), outgoing(7, tried({ nextTry: NOW }))]),
    ).toEqual([[6], [7]]);
  });

  it('keeps by itself what was tried by itself, behind what was not', () => {
    expect(shape([outgoing(1, tried()), ...rows(4, 5, 6)])).toEqual([[4, 5, 6], [1]]);
    expect(shape([outgoing(1, tried({ attempts: 2 })), outgoing(2, tried())])).toEqual([[2], [1]]);
    // Of an earlier change it is nothing.
    expect(shape([outgoing(1, { ...tried(), revision: 1 }), ...rows(4, 5)])).toEqual([[1, 4, 5]]);
  });

  it('notifies a digest that may have been sent again as it was, under its id', () => {
    const digest = { id: 'digest|x', of: 3 };
    const whole = [1, 2, 3].map((number) => outgoing(number, tried({ digest })));
    expect(plan([...whole, ...rows(7)])).toMatchObject([
      { id: `${groupId(7)}|kql-rule|${T1}|0` },
      { id: 'digest|x', digest: { id: 'digest|x', of: 1 } },
    ]);
    expect(shape([...whole, ...rows(7, 8, 9)])).toEqual([
      [7, 8, 9],
      [1, 2, 3],
    ]);
    // Some are marked as sent already: the rest is notified again under the same id.
    const marked = [outgoing(1, tried({ digest, status: 'sent' })), ...whole.slice(1)];
    expect(plan(marked).map(({ id }) => id)).toEqual(['digest|x']);
    expect(shape(marked)).toEqual([[2, 3]]);
  });

  it('notifies what is left of a digest that was answered under its id, though some of it has changed or is over', () => {
    const digest = { id: 'digest|x', of: 5 };
    const left = [1, 2, 3].map((number) => outgoing(number, tried({ digest })));
    const changed = outgoing(4, { ...tried({ digest }), revision: 1 });
    const told = plan([...left, changed]);
    expect(told.map(({ id }) => id)).toEqual([`${groupId(4)}|kql-rule|${T1}|1`, 'digest|x']);
    expect(told.map(numbers)).toEqual([[4], [1, 2, 3]]);
    // The next to find it knows by its mark that it was sent, also where this one is killed after sending.
    const mark = told[1]?.digest ?? undefined;
    const killed = left.map(({ groupId }, n) => ({
      ...outgoing(n + 1, tried({ answer: '', at: 0, ...(mark && { digest: mark }) })),
      groupId,
    }));
    expect(plan(killed.slice(1)).map(({ id }) => id)).toEqual(['digest|x']);
  });

  it('notifies a digest again all at once: while one of it waits, the others do', () => {
    const digest = { id: 'digest|x', of: 3 };
    const [first, ...others] = [1, 2, 3].map((number) => outgoing(number, tried({ digest })));
    const waits = outgoing(1, tried({ digest, nextTry: NOW + 1 }));
    expect(plan([waits, ...others])).toEqual([]);
    expect(shape([first as PendingDetection, ...others])).toEqual([[1, 2, 3]]);
  });

  it('frees the members of a digest that was never leased whole', () => {
    const digest = { id: 'digest|x', of: 4 };
    const some = [1, 2, 3].map((number) => outgoing(number, tried({ answer: '', at: 0, digest })));
    const told = plan([...some, ...rows(7)]);
    expect(told.map(numbers)).toEqual([[7, 1, 2, 3]]);
    expect(told[0]?.id).not.toBe('digest|x');
  });

  it('notifies what is pending exactly once, whatever state it is in', () => {
    const any = fc.array(
      fc.record({
        n: fc.integer({ min: 1, max: 40 }),
        digest: fc.option(fc.constantFrom({ id: 'a', of: 2 }, { id: 'b', of: 5 }), { nil: undefined }),
        status: fc.constantFrom('sending', 'sent', 'failed', 'none'),
        answer: fc.constantFrom('', '503'),
        at: fc.constantFrom(0, NOW),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 9 }), (given, atMost) => {
        const seen = new Map(given.map((each) => [each.n, each]));
        const all = [...seen.values()].map(({ n, status, digest, answer, at }) =>
          status === 'none'
            ? outgoing(n)
            : outgoing(n, tried({ status: status as SinkDelivery['status'], answer, at, ...(digest && { digest }) })),
        );
        const open = all.filter(({ delivery }) => !delivery || delivery.status === 'sending');
        const isHeld = ({ delivery }: PendingDetection) => delivery?.answer === '' && delivery.at === NOW;
        const waits = (id = '') => {
          const marked = all.filter(({ delivery }) => delivery?.digest?.id === id);
          const wasSent =
            marked.length >= (marked[0]?.delivery?.digest?.of ?? 0) || marked.some((each) => each.delivery?.answer);
          return wasSent && open.some((each) => each.delivery?.digest?.id === id && isHeld(each));
        };
        const due = open.filter((each) => !isHeld(each) && !waits(each.delivery?.digest?.id));
        const told = plan(all, { ...TOGETHER, atMost });
        expect(told.flatMap(({ members }) => members.map((member) => member.groupId)).sort()).toEqual(
          due.map((each) => each.groupId).sort(),
        );
        expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
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
