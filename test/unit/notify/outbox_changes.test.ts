import { describe, expect, it } from 'vitest';
import { addMs, msOf } from '../../../src/core/kql/timestamp.ts';
import { outboxChangesOf } from '../../../src/notify/outbox_changes.ts';
import { delivery, detection, pendingChange, pendingNotification, T0, T1, T2 } from '../../contract/samples.ts';

const SOC = { name: 'soc', since: T0 };
const CHAT = { name: 'chat', since: T1 };
const pending = pendingChange().delivery;

describe('outboxChangesOf(detection, deliveries, sinks)', () => {
  it('makes what opens pending for each sink', () => {
    const at = msOf(T1);
    const changes = outboxChangesOf(detection(), {}, [SOC, CHAT]);
    expect(changes).toEqual(
      ['soc', 'chat'].map((sink) => ({
        sink,
        delivery: { ...pending, at },
        put: pendingNotification({ sink }),
      })),
    );
  });

  it('is nothing where it is pending, sent or failed already', () => {
    for (const status of ['pending', 'sent', 'failed'] as const) {
      expect(outboxChangesOf(detection({ state: 'ongoing' }), { soc: delivery({ status }) }, [SOC])).toEqual([]);
    }
  });

  it('is nothing of what opened before the sink was added', () => {
    expect(outboxChangesOf(detection({ episode: T0 }), {}, [SOC, CHAT]).map(({ sink }) => sink)).toEqual(['soc']);
    expect(outboxChangesOf(detection({ episode: addMs(T0, -1) }), {}, [SOC])).toEqual([]);
  });

  it('puts a new revision in the place of one that is pending, under its own severity', () => {
    const revised = detection({ revision: 2, severity: 'medium', average: 7 });
    expect(outboxChangesOf(revised, { soc: pending }, [SOC])).toEqual([
      {
        sink: 'soc',
        delivery: { ...pending, revision: 2, severity: 'medium', at: msOf(T1) },
        put: pendingNotification({ revision: 2, severity: 'medium', average: 7 }),
        remove: {
          sink: 'soc',
          groupId: revised.groupId,
          episode: T1,
          revision: 1,
          severity: 'high',
        },
      },
    ]);
    for (const status of ['sent', 'failed', 'withdrawn'] as const) {
      const [change] = outboxChangesOf(revised, { soc: delivery({ status }) }, [SOC]);
      expect(change).toMatchObject({ delivery: { status: 'pending', revision: 2 } });
      expect(change?.remove).toBeUndefined();
    }
  });

  it.each([{ state: 'resolved' }, { suppressedBy: 's-1' }] as const)(
    'withdraws what is pending where it is %o, also from a sink that is configured no more',
    (changes) => {
      const over = detection({ ...changes, asOf: T2 });
      const before = { soc: pending, gone: delivery({ status: 'pending', severity: 'low' }), chat: delivery() };
      expect(outboxChangesOf(over, before, [SOC, CHAT])).toEqual([
        {
          sink: 'soc',
          delivery: { ...pending, status: 'withdrawn', at: msOf(T2) },
          remove: expect.objectContaining({ sink: 'soc', severity: 'high', revision: 1 }),
        },
        {
          sink: 'gone',
          delivery: delivery({ status: 'withdrawn', severity: 'low', at: msOf(T2) }),
          remove: expect.objectContaining({ sink: 'gone', severity: 'low' }),
        },
      ]);
      expect(outboxChangesOf(over, { soc: delivery({ status: 'withdrawn' }) }, [SOC])).toEqual([]);
    },
  );

  it('withdraws what has fallen below the severity of a sink, or has left its scope, from that sink alone', () => {
    const fallen = detection({ severity: 'medium', asOf: T2 });
    const sinks = [{ ...SOC, minSeverity: 'high' } as const, CHAT, { ...CHAT, name: 'pager', sources: [] }];
    const before = { soc: pending, chat: pending, pager: pending, gone: pending };
    const changes = outboxChangesOf(fallen, before, sinks);
    expect(changes.map(({ sink, delivery: { status }, put }) => [sink, status, put])).toEqual([
      ['soc', 'withdrawn', undefined],
      ['pager', 'withdrawn', undefined],
    ]);
    const risen = outboxChangesOf(detection(), { soc: delivery({ status: 'withdrawn' }) }, sinks.slice(0, 1));
    expect(risen).toMatchObject([{ sink: 'soc', delivery: { status: 'pending' }, put: { severity: 'high' } }]);
  });

  it('makes nothing pending while the baseline lasts, and marks what its end makes pending', () => {
    expect(outboxChangesOf(detection(), {}, [SOC], 'lasts')).toEqual([]);
    expect(outboxChangesOf(detection(), {}, [SOC], 'ends')).toMatchObject([{ put: { isOfBaseline: true } }]);
    expect(outboxChangesOf(detection(), {}, [SOC], 'over')[0]?.put).not.toHaveProperty('isOfBaseline');
    // What became pending before is withdrawn as ever.
    const over = detection({ state: 'resolved' });
    expect(outboxChangesOf(over, { soc: pending }, [SOC], 'lasts')).toHaveLength(1);
  });

  it('makes pending again what was withdrawn and is not suppressed any more', () => {
    const [change] = outboxChangesOf(detection(), { soc: delivery({ status: 'withdrawn' }) }, [SOC]);
    expect(change).toMatchObject({ delivery: { status: 'pending' }, put: { revision: 1 } });
  });
});
