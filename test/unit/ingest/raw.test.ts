import { Buffer } from 'node:buffer';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { replayed } from '../../../src/ingest/export_state.ts';
import { replay } from '../../../src/ingest/replay.ts';
import { health } from '../../../src/operations/health.ts';
import { groupIdOf, segmentIdOf } from '../../../src/storage/keys.ts';
import type { ContributionRow } from '../../../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { REFUSED_DEVICE } from '../../support/ingest/author.ts';
import { type Gate, InjectedFault } from '../../support/ingest/gate.ts';
import { refusing } from '../../support/ingest/grounds.ts';
import { bytesOf, counters, event, lines, REF, report, World } from '../../support/ingest/world.ts';
import { storedWithFacts } from '../../support/storage/counts.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

/** `source process hour count`, of all rows. */
async function hours(): Promise<string[]> {
  const rows = await contributions();
  return rows
    .map((row) => [row.source, row.InitiatingProcessFileName, row.Timestamp.slice(11, 16), row.count].join(' '))
    .sort();
}

function contributions(): Promise<ContributionRow[]> {
  return storedWithFacts(world.stores.hourlyCounts);
}

describe('raw events of one segment', () => {
  it('are one row for each group and clock hour', async () => {
    world.append(lines(event('08:00:00'), event('08:59:59.9999999'), event('09:00:00'), event('08:30:00')));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1, rows: 2 });
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 3', 'sysmon updater.exe 09:00 1']);
    expect((await world.state()).counters).toEqual(counters({ lines: 4, records: 4, reports: 4 }));
    expect(await world.state()).toMatchObject({ raw: true });
  });

  it('have the segment for a contribution, and the hour for a time', async () => {
    const texts = [lines(event('08:10:00')), lines(event('08:20:00'))];
    for (const text of texts) {
      world.append(text);
      await world.ingest();
    }
    const end = bytesOf(texts[0]!);
    const ids = [segmentIdOf(REF, 0, 0, end), segmentIdOf(REF, 0, end, end + bytesOf(texts[1]!))];
    const hour = { Timestamp: '2026-11-20T08:00:00.0000000Z', count: 1 };
    const rows = await contributions();
    expect(rows).toMatchObject([hour, hour]);
    expect(rows.map(({ contribution }) => contribution).sort()).toEqual(ids.map((id) => id.slice(0, 16)).sort());
  });

  it('are written once, though the row of the export changes before that', async () => {
    const merge = vi.spyOn(world.stores.hourlyCounts, 'merge');
    world.append(lines(event('08:10:00')));
    await world.ingest();
    // The first call finds no table.
    expect(merge.mock.calls.map(([, , , , { mayCreate }]) => mayCreate)).toEqual([false, true]);
  });

  it('are counted with those of no other source, process or segment', async () => {
    world.append(
      lines(event('08:00:00'), event('08:00:00', { source: 'wfp' }), event('08:01:00', { process: 'b.exe' })),
    );
    await world.ingest();
    world.append(lines(event('08:02:00'), report(5, { Timestamp: '2026-11-20T08:00:00Z' })));
    await world.ingest();
    expect(await hours()).toEqual([
      'defender updater.exe 08:00 5',
      'sysmon b.exe 08:00 1',
      'sysmon updater.exe 08:00 1',
      'sysmon updater.exe 08:00 1',
      'wfp updater.exe 08:00 1',
    ]);
  });

  it('count once for lines that are the same to the byte, but for white space around them', async () => {
    const line = JSON.stringify(event('08:00:00'));
    const other = JSON.stringify(event('08:00:00', { port: 443 }));
    world.append(`${line}\r\n${line}\n \t${line}\r\n${other}\n${line}`);
    await world.ingest();
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 2']);
    expect((await world.state()).counters).toEqual(counters({ lines: 5, records: 5, reports: 5 }));
  });

  it('count each for itself within a line, and the line once', async () => {
    const batch = JSON.stringify({ records: [event('08:00:00'), event('08:00:00'), event('08:00:00')] });
    world.append(lines(batch, batch));
    await world.ingest();
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 3']);
  });

  it('have the facts of the newest, of two at one instant those of the one behind', async () => {
    const at = (time: string, port: number) => event(time, { port });
    world.append(lines(at('08:20:00', 1), at('08:40:00', 2), at('08:40:00', 3), at('08:30:00', 4)));
    await world.ingest();
    expect((await contributions()).map(({ facts }) => facts)).toEqual([{ RemotePort: 3 }]);
  });

  it.each([0, 0.4, 0.99])('are the same rows however the bytes come in (%d)', async (size) => {
    world = new World(() => size);
    world.append(lines(event('08:00:00', { port: 1 }), event('08:00:00', { port: 2 }), event('08:00:00', { port: 1 })));
    await world.ingest();
    expect((await contributions()).map(({ count, facts }) => [count, facts])).toEqual([[2, { RemotePort: 2 }]]);
  });

  it('are counted block by block, by the place of their line', async () => {
    const [first, ...others] = ['08:00:00', '08:00:01', '08:00:02'].map((time) => lines(event(time))) as [string];
    world.blockBytes = 2 * first.length;
    world.append([first, ...others].join(''));
    await world.ingest();
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 1', 'sysmon updater.exe 08:00 2']);
  });

  it('that are the same in two blocks count once', async () => {
    world.blockBytes = 100;
    world.append(lines(event('08:00:00'), event('08:00:01'), event('08:00:00'), event('08:00:01')));
    await world.ingest();
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 1', 'sysmon updater.exe 08:00 1']);
  });

  it('read again are the same rows', async () => {
    world.blockBytes = 400;
    world.append(lines(...Array.from({ length: 20 }, (_, n) => event(`08:00:${10 + n}`))));
    await world.ingest();
    const before = await contributions();
    expect(before.length).toBeGreaterThan(3);
    await world.change(replayed(await world.state()));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1 });
    expect(await contributions()).toEqual(before);
  });

  it('of a row that is refused are one dead letter, at the place of the first', async () => {
    const refused = (time: string) => event(time, { device: REFUSED_DEVICE });
    const before = lines(event('08:00:00'));
    world.append(before + lines(refused('08:01:00'), event('08:02:00'), refused('08:03:00')));
    const stores: Stores = refusing(world.stores);
    await world.ingest({ stores });
    expect(await world.letters()).toEqual([`refused-row ${before.length}`]);
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 2']);
    expect((await world.state()).counters).toEqual(counters({ lines: 4, records: 4, reports: 2, deadLetters: 1 }));
  });
});

describe('hours of raw events', () => {
  it('are kept, or expired, whole', async () => {
    // The first day that takes rows is that of four days ago.
    const at = (day: number, time: string) => event(time, { time: `2026-11-${day}T${time}Z` });
    world.append(lines(at(15, '23:00:00'), at(15, '23:59:59'), at(16, '00:00:00')));
    await world.ingest();
    expect(await hours()).toEqual(['sysmon updater.exe 00:00 1']);
    expect((await world.state()).counters).toMatchObject({ reports: 1, expired: 2 });
  });

  it('are of the future, or not, whole', async () => {
    // The export grew last at 10:00, and a day is granted.
    const next = (time: string) => event(time, { time: `2026-11-21T${time}Z` });
    world.append(lines(next('10:00:00'), next('10:59:59'), next('11:00:00')));
    await world.ingest();
    expect(await hours()).toEqual(['sysmon updater.exe 10:00 2']);
    expect(await world.letters()).toEqual([`time-in-future ${2 * lines(next('10:00:00')).length}`]);
  });
});

describe('an export of raw events that was replaced', () => {
  const old = lines(event('08:00:00'), event('08:01:00'));
  const other = lines(event('08:02:00'), event('08:00:00'));

  async function replacedBy(text: string): Promise<void> {
    world.append(old);
    await world.ingest();
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, text);
  }

  it.each([
    ['less', lines(event('08:00:00'))],
    ['as much', other],
    ['more', other + old],
  ])('by %s is refused, with the reason, and left alone until it changes', async (_what, text) => {
    await replacedBy(text);
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'refused', segments: 0, restarts: 0 });
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 2']);
    const { refused, reason, generation } = await world.state();
    expect({ refused, generation }).toEqual({ refused: true, generation: 0 });
    expect(reason).toMatch(/^it was replaced or cut short after its raw events had been counted/);
    expect((await world.sweep()).queued).toBe(0);
    world.now += MINUTE_MS;
    world.append(lines(event('09:00:00')));
    expect((await world.sweep()).queued).toBe(1);
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    expect((await world.sweep()).queued).toBe(0);
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 2']);
  });

  it('is named by health, with what to do', async () => {
    await replacedBy(other);
    await world.ingest();
    const settings = { containers: ['exports'], retentionDays: 4, historyDays: 90 };
    const { problems, refused } = await health(world.stores, settings, [], () => world.now);
    expect(refused).toHaveLength(1);
    expect(problems.find((problem) => problem.includes(REF.name))).toBe(
      `exports/${REF.name} is refused: ${(await world.state()).reason}. ` +
        'To read it again, although raw events in both contents count twice: beaconwatch replay --force.',
    );
  });

  it('is refused again by replay, and by replay --force read as another one', async () => {
    await replacedBy(other);
    await world.ingest();
    expect(await replay(world.stores.exportStates, REF)).toBe(true);
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
    expect(await replay(world.stores.exportStates, REF, true)).toBe(true);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1 });
    // The cuts are the same, and the rows are others.
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 2', 'sysmon updater.exe 08:00 2']);
    expect(await world.state()).toMatchObject({ generation: 1, raw: true, refused: false });
  });

  it('is read on after a replay when its old content is back', async () => {
    await replacedBy(other);
    await world.ingest();
    world.stores.exports.replace(REF, old + lines(event('08:03:00')));
    await replay(world.stores.exportStates, REF);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 2 });
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 1', 'sysmon updater.exe 08:00 2']);
  });

  it('is not taken for another where only its time of creation is: its account was restored', async () => {
    await replacedBy(old + lines(event('08:03:00')));
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1, restarts: 0 });
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 1', 'sysmon updater.exe 08:00 2']);
    expect(await world.state()).toMatchObject({ created: world.now });
  });

  it('is refused, too, where a worker had died when it had written rows', async () => {
    world.append(old);
    const gate: Gate = (call) => {
      if (call.op === 'deadLetters.close') throw new InjectedFault('died');
      return call.run();
    };
    await expect(world.ingest({ gate })).rejects.toThrow('died');
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 2']);
    expect(await world.state()).toMatchObject({ applied: 0, raw: true });
    world.now += HOUR_MS;
    world.stores.exports.replace(REF, other);
    expect(await world.ingest()).toMatchObject({ end: 'refused' });
  });

  it('while it is read, leaves no row of the mixture', async () => {
    world.blockBytes = 100;
    world.append(old);
    let reads = 0;
    const gate: Gate = (call) => {
      // The reading of the segment itself.
      if (call.op === 'exports.read' && ++reads === 5) world.stores.exports.replace(REF, other);
      return call.run();
    };
    expect(await world.ingest({ gate })).toMatchObject({ end: 'up-to-date', restarts: 1 });
    // Nothing had been stored of what it was before, so that it could begin anew.
    expect(await hours()).toEqual(['sysmon updater.exe 08:00 1', 'sysmon updater.exe 08:00 1']);
    expect(await world.state()).toMatchObject({ generation: 1, raw: true });
  });

  it('is read from its start if it held only reports, whatever the new one holds', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.now += DAY_MS;
    world.stores.exports.replace(REF, old);
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', restarts: 1 });
    expect(await hours()).toEqual(['defender updater.exe 08:59 1', 'sysmon updater.exe 08:00 2']);
  });
});

it('raw events of two sources are of two groups', () => {
  const key = { DeviceName: 'wks-0417', InitiatingProcessFileName: 'updater.exe', RemoteIP: '203.0.113.77' };
  const ids = (['defender', 'defender-raw', 'sysmon', 'wfp'] as const).map((source) => groupIdOf({ source, ...key }));
  expect(new Set(ids).size).toBe(4);
  expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(4);
});

it('a segment of raw events has as many rows as a partition takes at once, and more', async () => {
  const events = Array.from({ length: 3_000 }, (_, n) => event('08:00:00', { ip: `198.51.100.${n}` }));
  world.append(Buffer.from(lines(...events)));
  expect(await world.ingest()).toMatchObject({ rows: 3_000 });
  expect(await hours()).toHaveLength(3_000);
});
