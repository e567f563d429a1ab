import { beforeEach, describe, expect, it } from 'vitest';
import { suppression } from '../../contract/samples.ts';
import { at, group, hours, idOf, P, sinkState, Tenant } from '../../support/scoring/tenant.ts';

const BEACON = group(1);

let tenant: Tenant;
beforeEach(async () => {
  tenant = new Tenant();
  await tenant.reports(BEACON, hours(0, 3));
});

const told = async (hour: number, sinks = [sinkState('soc')]) => {
  const { pending: due } = await tenant.fresh(hour, { sinks });
  const messages = await tenant.pending();
  expect(due).toBe(messages.length);
  return messages.map(({ detectionId, sink }) => `${detectionId} ${sink}`).sort();
};
const OF_BEACON = `${idOf(BEACON)} soc`;

describe('scorePartition puts on the notify queue', () => {
  it('each detection for each sink, once a run, until it is sent', async () => {
    const second = group(2, '3fffffff');
    await tenant.reports(second, hours(0, 3));
    const sinks = [sinkState('soc'), sinkState('chat')];
    const all = [BEACON, second].flatMap((each) => [`${idOf(each)} chat`, `${idOf(each)} soc`]);
    expect(await told(4, sinks)).toEqual([]);
    expect(await told(5, sinks)).toEqual(all);
    expect(await told(6, sinks)).toEqual(all);
    await tenant.mark(BEACON, 'soc');
    await tenant.mark(second, 'chat');
    expect(await told(7, sinks)).toEqual([`${idOf(BEACON)} chat`, `${idOf(second)} soc`]);
    // Also where the hour brings no match, and writes nothing.
    expect(await told(14, sinks)).toEqual([`${idOf(BEACON)} chat`, `${idOf(second)} soc`]);
  });

  it.each([
    ['sent', []],
    ['failed', []],
    ['pending', [OF_BEACON]],
  ] as const)('what is %s: %j', async (status, messages) => {
    await tenant.decided(4);
    await tenant.mark(BEACON, 'soc', { status });
    for (const hour of [5, 6, 14]) expect(await told(hour)).toEqual(messages);
  });

  it('a new episode with nothing sent yet', async () => {
    await tenant.decided(4);
    await tenant.mark(BEACON, 'soc');
    expect(await told(85)).toEqual([]);
    await tenant.reports(BEACON, hours(85, 88));
    expect(await told(89)).toEqual([]);
    expect(await told(90)).toEqual([OF_BEACON]);
    await tenant.mark(BEACON, 'soc', { episode: at(4) });
    expect(await told(91)).toEqual([OF_BEACON]);
    await tenant.mark(BEACON, 'soc');
    expect(await told(92)).toEqual([]);
  });

  it('nothing that is suppressed, be it a match or one that is left; and what no longer is', async () => {
    const left = group(2, '3fffffff');
    await tenant.detected(left, { lastMatched: at(-56), asOf: at(4) });
    await tenant.fresh(4);
    const hide = (id: string, changes: object) =>
      tenant.stores.suppressions.insert(suppression({ id, process: '', remote: '', expires: at(99), ...changes }));
    await hide('s-1', { device: BEACON.DeviceName, detector: 'kql-rule' });
    expect(await told(5)).toEqual([`${idOf(left)} soc`]);
    expect(await tenant.detection(BEACON)).toMatchObject({ revision: 1, suppressedBy: 's-1' });
    await tenant.stores.suppressions.remove('s-1');
    await hide('s-2', { device: left.DeviceName });
    expect(await told(6)).toEqual([OF_BEACON]);
    expect(await tenant.detection(BEACON)).toMatchObject({ suppressedBy: '' });
    expect(await tenant.detection(left)).toMatchObject({ suppressedBy: 's-2', lastMatched: at(-56) });
    await tenant.stores.suppressions.remove('s-2');
    expect(await told(7)).toEqual([OF_BEACON, `${idOf(left)} soc`].sort());
    // Also where it is over, and only not resolved since the exporter is behind.
    await hide('s-3', { source: 'defender' });
    await tenant.run(40, { sinks: [sinkState('soc')] });
    expect(await tenant.pending()).toEqual([]);
    expect(await tenant.detection(left)).toMatchObject({ state: 'ongoing', suppressedBy: 's-3' });
  });

  it('nothing that is resolved, in the run that does it and after', async () => {
    await tenant.fresh(4);
    expect(await told(12)).toEqual([OF_BEACON]);
    expect(await told(84)).toEqual([OF_BEACON]);
    expect(await told(85)).toEqual([]);
    expect(await told(86)).toEqual([]);
  });

  it('what is over, while the exporter is behind and it cannot be resolved', async () => {
    await tenant.decided(4);
    const { pending: due } = await tenant.run(90, { sinks: [sinkState('soc')] });
    expect([due, await tenant.pending()]).toEqual([1, [{ detectionId: idOf(BEACON), sink: 'soc' }]]);
  });

  it('nothing that opened before the sink was added, and what opened in its first run', async () => {
    await tenant.fresh(4);
    expect(await told(5, [sinkState('soc', { since: at(5) })])).toEqual([]);
    expect(await told(5, [sinkState('soc', { since: at(4) })])).toEqual([OF_BEACON]);
  });

  it('nothing for a sink that is disabled, and all the same for the others', async () => {
    const sinks = [sinkState('gone', { disabledAt: 0 }), sinkState('soc')];
    await tenant.fresh(4, { sinks });
    expect(await told(5, sinks)).toEqual([OF_BEACON]);
    expect(await told(14, sinks.slice(0, 1))).toEqual([]);
  });

  it('a sink that sends several together only after the rest of the run', async () => {
    await tenant.fresh(4);
    await tenant.fresh(5, { sinks: [sinkState('chat', { waitMs: 60_000 }), sinkState('soc')] });
    expect(tenant.stores.queues.notify).toEqual([{ sink: 'soc' }]);
    expect(tenant.stores.queues.later).toEqual([{ queue: 'notify', message: { sink: 'chat' }, delayMs: 60_000 }]);
  });

  it('a row that was removed from the outbox by hand, and keeps leased rows', async () => {
    const second = group(2, '3fffffff');
    await tenant.reports(second, hours(0, 3));
    const sinks = [sinkState('soc')];
    await tenant.fresh(4);
    await tenant.fresh(5, { sinks });
    const [one, two] = (await Array.fromAsync(tenant.stores.outbox.list(P, 'soc'))).flat();
    if (!one || !two) throw new Error('not pending');
    await tenant.stores.outbox.discard(one.row);
    await tenant.stores.outbox.replace([{ ...two, row: { ...two.row, leasedAt: 7, attempts: 1 } }]);
    await tenant.fresh(6, { sinks });
    const rows = (await Array.fromAsync(tenant.stores.outbox.list(P, 'soc'))).flat().map(({ row }) => row);
    expect(rows).toEqual([one.row, { ...two.row, leasedAt: 7, attempts: 1 }]);
    expect(await tenant.pending()).toHaveLength(4);
  });

  it('what an older run, delivered late, meets: as the newer row says', async () => {
    await tenant.decided(8);
    await tenant.mark(BEACON, 'soc');
    expect(await told(6)).toEqual([]);
    await tenant.mark(BEACON, 'soc', { status: 'pending' });
    expect(await told(6)).toEqual([OF_BEACON]);
  });
});
