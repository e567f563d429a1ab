import { beforeEach, describe, expect, it } from 'vitest';
import type { Detection } from '../../../src/core/detections/detection.ts';
import { bin } from '../../../src/core/kql/bin.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import type { Day } from '../../../src/core/records/day.ts';
import { health } from '../../../src/operations/health.ts';
import { noteBadRow } from '../../../src/storage/bad_rows.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { pendingKeyOf } from '../../../src/storage/pending_id.ts';
import { badRow } from '../../../src/storage/ports/bad_row.ts';
import type { Run } from '../../../src/storage/ports/runs.ts';
import type { SinkState } from '../../../src/storage/ports/sink_states.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { contribution, delivery, detection, exportState, groupId } from '../../contract/samples.ts';
import { bytesOf, counters, lines, REF, report, World } from '../../support/ingest/world.ts';
import { putState, stateOf } from '../../support/sinks/states.ts';
import { writeDetection } from '../../support/sinks/write_detection.ts';
import { storeRows } from '../../support/storage/counts.ts';

const SETTINGS = { containers: ['exports'], retentionDays: 4, historyDays: 90 };

let world: World;
beforeEach(async () => {
  world = new World();
  world.append(lines(report(1)));
  await world.ingest();
  await runs(0);
});

/** The runs that ended so long ago, each for the full hour before. */
async function runs(
  agoMs: number,
  partitions: readonly string[] = PARTITIONS,
  changes: Partial<Run> = {},
): Promise<void> {
  const asOf = timestampFromMs(world.now - agoMs - 45 * MINUTE_MS);
  const tally = { groups: 0, rows: 0, detections: 0, opened: 0, resolved: 0, pending: 0, requests: 0 };
  const rest = {
    newestReport: '' as Run['newestReport'],
    badRows: 0,
    badRow: '',
    fileFault: '',
    contextPartitions: 16,
    contextFault: '',
    durationMs: 1,
    oldestUnreadMs: 0,
    endedAt: world.now - agoMs,
  };
  for (const partition of partitions as readonly Run['partition'][]) {
    await world.stores.runs.put({ asOf, partition, ...tally, ...rest, ...changes });
  }
}

const look = (sinks: readonly string[] = [], containers: readonly string[] = SETTINGS.containers) =>
  health(world.stores, { ...SETTINGS, containers }, sinks, () => world.now);
const problems = async (...args: Parameters<typeof look>) => (await look(...args)).problems;

/** What a day of runs knows of a sink. */
async function known(name: string, changes: Partial<SinkState>): Promise<void> {
  const since = addMs(timestampFromMs(world.now), -DAY_MS);
  const quiet = { disabledAt: null, settings: '', failures: 0, notBefore: 0 };
  await putState(world.stores, { name, since, ...quiet, ...changes });
}

it('health names the exports with a device of too many groups', async () => {
  world.groupsPerDevice = 1;
  world.append(lines(report(2), report(3, { RemoteIP: '203.0.113.99' }), report(4, { RemoteIP: '203.0.113.98' })));
  await world.ingest();
  expect(await problems()).toEqual([
    '1 export with a device of more than 20,000 groups in one segment ' +
      '(exports/y=2026/m=11/d=20/h=08/m=00/PT1H.json): 2 reports not counted. ' +
      'beaconwatch dead-letters names the devices (too-many-groups). If they are real, raise GROUPS_PER_DEVICE and replay.',
  ]);
});

describe('health where all is well', () => {
  it('has no problem, and reports the state', async () => {
    expect(await look(['soc'])).toEqual({
      problems: [],
      unavailable: [],
      unscoredHours: [],
      badRows: { total: 0, rows: [] },
      lastRun: {
        asOf: timestampFromMs(world.now - 45 * MINUTE_MS),
        partitions: 16,
        endedAt: new Date(world.now).toISOString(),
      },
      unread: { exports: 0, oldestMs: 0 },
      failing: [],
      refused: [],
      missingContainers: [],
      deadLetters: 0,
      unknownShapes: 0,
      notifications: { soc: { pending: 0, trying: 0, more: false, failed: 0 } },
      disabledSinks: [],
      queues: {},
    });
  });

  it('names records of an unknown shape, a sentence for their container, also of a short export', async () => {
    const unknownShape = { source: 'sysmon', offset: 70, members: ['date', 'record', 'what'] } as const;
    await world.change({ counters: counters({ lines: 3, reports: 1, unknownShapes: 2 }), unknownShape });
    const { problems, unknownShapes } = await look(['soc']);
    expect(unknownShapes).toBe(2);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /: 2 records have the mark .* is of sysmon, at byte 70 of .*, with the members date, record, what\. /,
    );
  });

  it('reads only', async () => {
    const before = await world.state();
    await world.stores.queues.send('notify', { sink: 'soc' });
    await look(['soc']);
    expect(await world.state()).toEqual(before);
    expect(world.stores.queues.notify).toHaveLength(1);
    expect(await stateOf(world.stores, 'soc')).toBeNull();
  });
});

describe('health reads the stored days', () => {
  const stored = (day: number) =>
    storeRows(world.stores.hourlyCounts, [
      contribution({ Timestamp: addMs(timestampFromMs(world.now), day * DAY_MS) }),
    ]);
  const close = (firstOpen: string, hoursAgo: number) =>
    world.stores.runs.moveBoundary({ firstOpen: firstOpen as Day, since: world.now - hoursAgo * HOUR_MS });

  it('and names closed days that should have been removed a day ago', async () => {
    for (const day of [-6, -5, -4, 0]) await stored(day);
    await close('2026-11-15', 49);
    await close('2026-11-16', 47);
    expect(await problems()).toEqual([
      'The rows of 1 closed day are still stored, the oldest of 2026-11-14: see the log of scoreWindows, which removes them.',
    ]);
    world.now += HOUR_MS;
    expect(await problems()).toEqual([
      expect.stringContaining('2 closed days are still stored, the oldest of 2026-11-14'),
    ]);
  });

  it('and names sealed days of which a count file is missing', async () => {
    await stored(0);
    const [lost, whole, later] = ['2026-11-10', '2026-11-11', '2026-11-12'] as Day[];
    for (const day of [lost, whole, later] as Day[]) await world.stores.runs.noteSealed(day);
    for (const partition of PARTITIONS) {
      for (const day of [lost, whole] as Day[]) {
        if (day !== lost || partition !== 'a') {
          await world.stores.countFiles.put({ partition, day }, new Uint8Array(), null);
        }
      }
    }
    expect(await problems()).toEqual([
      expect.stringContaining('There is no history of 2026-11-10 in 1 partition (a): the count files were removed'),
      expect.stringContaining('There is no history of 2026-11-12 in 16 partitions (0, 1, 2'),
    ]);
  });

  it('and names tables of counts that another version wrote', async () => {
    const names = [19, 20, 21, 22].map((day) => `HourlyCountsV1D202611${day}`);
    let found = names.slice(0, 1);
    const { hourlyCounts } = world.stores;
    hourlyCounts.otherFormats = async () => found;
    expect(await problems()).toEqual([
      '1 table of counts in the format of another version (HourlyCountsV1D20261119): this version does not read them. ' +
        'If reports are missing, read their exports again (beaconwatch replay). Then remove these tables.',
    ]);
    found = names;
    expect(await problems()).toEqual([
      expect.stringContaining('4 tables of counts in the format of another version (HourlyCountsV1D20261119, '),
    ]);
    expect((await problems())[0]).toContain('HourlyCountsV1D20261121, …)');
  });

  it('and names the newest day where no run of three days has counted a report', async () => {
    for (const day of await world.stores.hourlyCounts.days()) await world.stores.hourlyCounts.removeDay(day);
    await stored(-9);
    await stored(-2);
    const silent = [
      'The newest stored reports are of 2026-11-18: the exporter is silent, or the clock is ahead. ' +
        'Old rows are kept until newer reports arrive.',
    ];
    expect(await problems()).toEqual(silent);
    await runs(0, PARTITIONS.slice(0, 1), { newestReport: timestampFromMs(world.now) });
    expect(await problems()).toEqual([]);
  });
});

describe('health reads runs', () => {
  it('none in two days', async () => {
    const world2 = new World();
    world2.stores.exports.createContainer('exports');
    const told = await health(world2.stores, SETTINGS, [], () => world2.now);
    expect(told).toMatchObject({
      problems: ['No scoring run for two days: check that the function app is running.'],
      lastRun: null,
    });
    world.now += 2 * DAY_MS - 45 * MINUTE_MS;
    expect((await look()).lastRun).not.toBeNull();
    world.now += 1;
    expect((await look()).problems).toEqual(['No scoring run for two days: check that the function app is running.']);
  });

  it('of which the last is more than two hours old', async () => {
    world.now += 2 * HOUR_MS;
    expect(await problems()).toEqual([]);
    world.now += 6 * MINUTE_MS;
    expect(await problems()).toEqual(['No scoring run for 2.1 h: see the log of scoreWindows.']);
  });

  it('that had no context, from the second one in a row, and one whose context is not whole', async () => {
    const none = { contextPartitions: 0, contextFault: 'merged/x is missing' };
    const next = async (changes: Parameters<typeof runs>[2]) => {
      world.now += HOUR_MS;
      await runs(0, PARTITIONS, changes);
      return problems();
    };
    expect(await next(none)).toEqual([]);
    expect(await next(none)).toEqual([
      'The last 2 runs had no context, so no new detection is notified: merged/x is missing. See the log of scoreWindows.',
    ]);
    expect(await next({ contextPartitions: 15, contextFault: 'partition 3 has no partial' })).toEqual([
      'The context of the last run is not whole: partition 3 has no partial.',
    ]);
    expect(await next({})).toEqual([]);
  });

  it('the last of which is not whole, half an hour on', async () => {
    world.now += HOUR_MS;
    await runs(0, PARTITIONS.slice(0, 15));
    world.now += 30 * MINUTE_MS;
    expect(await look()).toMatchObject({ problems: [], lastRun: { partitions: 15 } });
    world.now += 1;
    expect(await problems()).toEqual(['The last run scored 15 of 16 partitions: see the log of scorePartition.']);
    await runs(30 * MINUTE_MS + 1);
    expect(await problems()).toEqual([]);
  });

  it('only the last of which has to be whole', async () => {
    await runs(HOUR_MS, PARTITIONS.slice(0, 3));
    world.now += 45 * MINUTE_MS;
    expect(await look()).toMatchObject({ problems: [], lastRun: { partitions: 16 } });
  });
});

describe('health and the clock', () => {
  it('names the hours of the last two days that no run scored, between hours with a run', async () => {
    for (const hours of [1, 2, 5, 49, 50]) await runs(hours * HOUR_MS);
    const { problems, unscoredHours } = await look();
    const hour = (ago: number) => bin(timestampFromMs(world.now - 45 * MINUTE_MS - ago * HOUR_MS), '1h');
    // The oldest of the last 48 is named because a run before it shows that the system ran.
    const missing = [...Array.from({ length: 42 }, (_, n) => hour(47 - n)), hour(4), hour(3)];
    expect(unscoredHours?.filter((each) => each >= hour(47))).toEqual(missing);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^Windows of the last two days without a run, by their end \(UTC\): .* and \d+ more: /);
    for (let hours = 3; hours < 49; hours++) await runs(hours * HOUR_MS);
    expect(await look()).toMatchObject({ problems: [], unscoredHours: [] });
  });

  it('names nothing before the first run: the system did not exist', async () => {
    await runs(HOUR_MS);
    expect(await look()).toMatchObject({ problems: [], unscoredHours: [] });
  });

  it('says that the newest report is far behind: the exporter is silent, or the clock is ahead', async () => {
    const newestReport = addMs(timestampFromMs(world.now), -6 * HOUR_MS);
    await runs(0, PARTITIONS, { newestReport: addMs(newestReport, -1) });
    await runs(0, PARTITIONS.slice(0, 1), { newestReport });
    expect(await problems()).toEqual([]);
    world.now += 1;
    expect(await problems()).toEqual([
      `The newest counted report is of ${newestReport}, 6.0 h before this clock: the exporter is silent, or the clock is ` +
        'ahead. Old rows are kept until newer reports arrive.',
    ]);
  });

  it('says that a run is of the future, and takes the last run from those that have ended', async () => {
    const asOf = timestampFromMs(world.now + 10 * DAY_MS);
    await runs(0, PARTITIONS, { asOf });
    await runs(0);
    const { lastRun, problems } = await look();
    expect(lastRun?.asOf).toBe(timestampFromMs(world.now - 45 * MINUTE_MS));
    expect(problems).toEqual([expect.stringContaining(`A run scored the window up to ${asOf}, which has not ended`)]);
  });
});

describe('health with storage that does not answer', () => {
  const refuse = (subject: string) => async (): Promise<never> => {
    throw new StoreError(subject, { status: 403, code: 'AuthorizationPermissionMismatch' });
  };
  const refusing = (subject: string) => ({ [Symbol.asyncIterator]: () => ({ next: refuse(subject) }) });

  it('one container that cannot be listed leaves the rest, and the other containers', async () => {
    world.append(lines(report(2)));
    const list = world.stores.exports.list.bind(world.stores.exports);
    world.stores.exports.list = (container) => (container === 'second' ? refuse('second: listing')() : list(container));
    expect(await look(['soc'], ['exports', 'second'])).toMatchObject({
      problems: [
        'The list of exports in container second cannot be read: second: listing failed (403 AuthorizationPermissionMismatch). ' +
          'Check the storage account, its network and the roles on it.',
      ],
      unavailable: [],
      lastRun: { partitions: 16 },
      unread: { exports: 1 },
      missingContainers: [],
      notifications: { soc: { pending: 0 } },
    });
  });

  it.each([
    [
      'runs',
      (stores: Stores) => ({ ...stores, runs: { since: () => refusing('x') } }),
      { lastRun: null, unscoredHours: null },
    ],
    [
      'exports',
      (stores: Stores) => ({ ...stores, exportStates: { list: () => refusing('x') } }),
      { failing: null, refused: null, deadLetters: null, unknownShapes: null, unread: null, missingContainers: null },
    ],
    [
      'unread',
      (stores: Stores) => ({ ...stores, exports: { list: refuse('x') } }),
      { unread: null, missingContainers: null, deadLetters: 0 },
    ],
    [
      'notifications',
      (stores: Stores) => ({ ...stores, sinks: { list: refuse('x') } }),
      { notifications: null, disabledSinks: null },
    ],
    ['suppressions', (stores: Stores) => ({ ...stores, suppressions: { list: () => refusing('x') } }), {}],
    ['queues', (stores: Stores) => ({ ...stores, queues: { lengths: refuse('x') } }), { queues: null }],
    ['counts', (stores: Stores) => ({ ...stores, hourlyCounts: { days: refuse('x') } }), {}],
  ] as const)('a section alone: %s', async (section, without, expected) => {
    const stores = without(world.stores) as unknown as Stores;
    const found = await health(stores, SETTINGS, ['soc'], () => world.now);
    expect(found).toMatchObject(expected);
    expect(found.unavailable).toContain(section);
    expect(found.unavailable.length).toBeLessThanOrEqual(2);
    expect(found.problems[0]).toContain('cannot be read: x failed (403 AuthorizationPermissionMismatch)');
    const rest = Object.entries(found).filter(([name]) => !(name in expected));
    for (const [name, value] of rest) expect([name, value]).not.toEqual([name, null]);
  });

  it('that never answers is a problem after a time, and not the end of the check', async () => {
    const stores = { ...world.stores, queues: { lengths: () => new Promise(() => {}) } } as unknown as Stores;
    const found = await health(stores, SETTINGS, ['soc'], () => world.now, { sectionTimeoutMs: 20 });
    expect(found).toMatchObject({ unavailable: ['queues'], queues: null, lastRun: { partitions: 16 } });
    expect(found.problems[0]).toContain('The lengths of the queues cannot be read: no answer within 0 s.');
  });

  it('gives no text of an error that is not ours: it may hold telemetry or a URL', async () => {
    const lengths = async () => {
      throw new TypeError('https://secret.example/?sig=1');
    };
    const stores = { ...world.stores, queues: { lengths } } as unknown as Stores;
    const { problems } = await health(stores, SETTINGS, [], () => world.now);
    expect(problems[0]).toContain('cannot be read: TypeError.');
    expect(problems.join()).not.toContain('secret');
  });
});

describe('health and rows that cannot be read', () => {
  const BAD = badRow('Detections', '3', '3x', 'Average must be a number');

  it('names each, once, and the rest by number', async () => {
    const summaries: Stores['detections']['summaries'] = async function* (filter, sinks) {
      for (let n = 0; n < 25; n++) noteBadRow({ ...BAD, rowKey: `row-${n % 22}` });
      yield* world.stores.detections.summaries(filter, sinks);
    };
    const stores = { ...world.stores, detections: { summaries } } as unknown as Stores;
    const found = await health(stores, SETTINGS, [], () => world.now);
    expect(found.badRows.total).toBe(22);
    expect(found.badRows.rows).toHaveLength(20);
    expect(found.problems[0]).toBe(
      'Detections: the row with PartitionKey "3" and RowKey "row-0" cannot be read: Average must be a number. ' +
        'It is skipped: repair or remove it.',
    );
    expect(found.problems.at(-1)).toBe('2 more stored rows cannot be read.');
  });

  it('counts those of HourlyCounts from the rows of the newest run that met some', async () => {
    await runs(2 * HOUR_MS, PARTITIONS, { badRows: 9, badRow: 'old' });
    await runs(HOUR_MS, PARTITIONS.slice(0, 2), { badRows: 2, badRow: 'HourlyCounts: the row …' });
    await runs(HOUR_MS, PARTITIONS.slice(2));
    await runs(0);
    expect(await problems()).toEqual([
      'A run of the last two days skipped 4 stored rows: HourlyCounts: the row …. Repair or remove such rows.',
    ]);
  });
});

describe('health reads count files', () => {
  it('through the runs, which name a file that they repaired or could not read', async () => {
    await runs(HOUR_MS, PARTITIONS.slice(0, 1), { fileFault: 'the count file of 2026-11-20, partition 0, differed' });
    await runs(HOUR_MS, PARTITIONS.slice(1));
    await runs(0);
    expect(await problems()).toEqual([
      'A run of the last two days: the count file of 2026-11-20, partition 0, differed.',
    ]);
  });
});

describe('health reads exports', () => {
  it('that wait for more than two hours', async () => {
    world.append(lines(report(2)));
    world.now += 2 * HOUR_MS;
    await runs(HOUR_MS);
    await runs(0);
    expect(await look()).toMatchObject({ problems: [], unread: { exports: 1, oldestMs: 2 * HOUR_MS } });
    world.now += 6 * MINUTE_MS;
    expect(await look()).toMatchObject({
      problems: ['An export has been unread for 2.1 h: see below, or the log of sweepExports.'],
      unread: { exports: 1, oldestMs: 2.1 * HOUR_MS },
    });
    await world.ingest();
    expect(await problems()).toEqual([]);
  });

  it('that fail', async () => {
    const nextTry = world.now + HOUR_MS;
    await world.change({ failures: 3, nextTry, reason: 'merge failed' });
    const next = new Date(nextTry).toISOString();
    const stuck = { export: `exports/${REF.name}`, reason: 'merge failed', failures: 3, nextTry: next };
    expect(await look()).toMatchObject({
      problems: [`exports/${REF.name} failed 3 times (merge failed); next try ${next}.`],
      failing: [stuck],
      refused: [],
    });
    await world.change({ failures: 0, nextTry: 0, reason: '' });
    expect(await problems()).toEqual([]);
  });

  it('without any record of an active source, by container', async () => {
    const none = 'Container exports has no record of an active source (SOURCES) in';
    await world.change({ counters: counters({ lines: 1, skipped: 1 }), otherSource: 'wfp' });
    expect(await problems()).toEqual([
      `${none} 1 line, but records of wfp. Set SOURCES, then: beaconwatch replay (docs/sources.md).`,
    ]);
    await world.change({ otherSource: 'defender-raw' });
    expect(await problems()).toEqual([
      `${none} 1 line, but records of defender-raw. Switch on aggregated reporting, or set SOURCES, then: beaconwatch replay (docs/sources.md).`,
    ]);
    await world.change({ counters: counters({ lines: 999, skipped: 999 }), otherSource: null });
    expect(await problems()).toEqual([]);
    await world.change({ counters: counters({ lines: 1_000, skipped: 1_000 }) });
    expect(await problems()).toEqual([`${none} 1,000 lines: see docs/sources.md.`]);
    for (const some of [{ reports: 1 }, { excluded: 1 }, { expired: 1 }]) {
      await world.change({ counters: counters({ lines: 2_000, ...some }), otherSource: 'wfp' });
      expect(await problems()).toEqual([]);
    }
  });

  it('one of which holds reports, and others do not', async () => {
    await world.change({ counters: counters({ lines: 5_000 }), otherSource: 'defender-raw' });
    const ref = { ...REF, name: 'other' };
    world.append(lines(report(2)), ref);
    await world.ingest({ ref });
    expect(await problems()).toEqual([]);
    await world.change({ lastModified: world.now - 5 * DAY_MS });
    expect(await problems()).toEqual([]);
    await world.change({ lastModified: world.now - 5 * DAY_MS }, ref);
    await world.change({ lastModified: world.now });
    expect(await problems()).toHaveLength(1);
  });

  it('that are refused', async () => {
    await world.change({ refused: true, reason: 'no lines' });
    expect(await look()).toMatchObject({
      problems: [`exports/${REF.name} is refused: no lines. After a fix: beaconwatch replay.`],
      failing: [],
      refused: [{ export: `exports/${REF.name}`, reason: 'no lines', failures: 0, nextTry: '' }],
    });
  });

  it('whose container is missing, and goes on with the others', async () => {
    world.append(lines(report(1)), { container: 'third', name: 'a' });
    expect(await look([], ['first', 'exports', 'third'])).toMatchObject({
      problems: ['There is no container first: check EXPORT_CONTAINERS and the settings of the export.'],
      missingContainers: ['first'],
      unread: { exports: 1 },
    });
  });

  it('whose dead letters it adds up, which are no problem', async () => {
    const letters = (deadLetters: number) => ({ counters: counters({ deadLetters }), otherSource: null });
    await world.change(letters(2));
    await world.stores.exportStates.insert(exportState({ container: 'exports', name: 'b', ...letters(3) }));
    await world.stores.exportStates.insert(exportState({ container: 'other', name: 'c', ...letters(9) }));
    expect(await look()).toMatchObject({ problems: [], deadLetters: 5 });
  });
});

describe('health reads queues and sinks', () => {
  it('poison, and not what waits', async () => {
    await world.stores.queues.send('ingest', REF);
    world.stores.queues.poison['score-poison'] = 2;
    expect(await look()).toMatchObject({
      problems: ['2 messages in score-poison: see the log of its function; the next sweep removes them.'],
      queues: { ingest: 1, 'score-poison': 2 },
    });
  });

  it('no poison queue that is empty', async () => {
    world.stores.queues.lengths = async () => ({ ingest: 3, 'score-poison': 0 });
    expect(await look()).toMatchObject({ problems: [], queues: { ingest: 3, 'score-poison': 0 } });
  });

  it('notifications of active detections that are pending, tried or failed; only the last are a problem', async () => {
    const since = addMs(timestampFromMs(world.now), -DAY_MS);
    for (const name of ['soc', 'chat', 'gone']) await known(name, { disabledAt: name === 'gone' ? world.now : null });
    const tell = async (
      number: number,
      changes: Partial<Detection>,
      statuses: Record<string, 'failed' | 'trying' | 'sent'>,
    ) => {
      const live = { state: 'ongoing', episode: since } as const;
      const id = groupId(number);
      const { detections, outbox } = world.stores;
      const { episode = live.episode } = changes;
      await writeDetection(world.stores, detection({ groupId: groupId(number), ...live, episode }));
      for (const [sink, status] of Object.entries(statuses)) {
        const row = (await detections.get(id))?.row;
        const before = row?.deliveries[sink];
        if (!row || before?.status !== 'pending') throw new Error(`${id} is not pending for ${sink}`);
        const pending = await outbox.get(pendingKeyOf(row.detection, sink, before));
        if (!pending) throw new Error(`no row of ${id} for ${sink}`);
        const { version, row: waits } = pending;
        if (status === 'trying') await outbox.replace([{ version, row: { ...waits, attempts: 1 } }]);
        else await outbox.settle([{ pending: waits, delivery: delivery({ status, episode: since }) }]);
      }
      await writeDetection(world.stores, detection({ groupId: groupId(number), ...live, ...changes }));
    };
    const counts = async () => (await look(['soc', 'chat', 'fresh'])).notifications;
    await tell(1, {}, { soc: 'trying', chat: 'sent' });
    await tell(2, { state: 'resolved' }, { soc: 'failed', chat: 'trying' });
    expect((await look(['soc', 'chat'])).problems).toEqual([expect.stringContaining('Sink gone answered 410')]);
    const none = { pending: 0, trying: 0, more: false, failed: 0 };
    expect(await counts()).toEqual({
      soc: { ...none, pending: 1, trying: 1 },
      chat: none,
      gone: { ...none, pending: 1 },
      fresh: none,
    });
    await tell(3, {}, { soc: 'sent', chat: 'failed' });
    await tell(4, {}, { chat: 'failed' });
    await tell(5, { suppressedBy: 's-1' }, {});
    await tell(6, { episode: addMs(since, -1) }, {});
    await tell(7, { revision: 2 }, { soc: 'sent', chat: 'failed' });
    expect(await counts()).toMatchObject({
      soc: { pending: 3, trying: 1, failed: 0 },
      chat: { pending: 1, trying: 0, failed: 2 },
    });
    // Whatever sinks are set here: those that the functions know.
    expect((await look([])).notifications).toMatchObject({
      chat: { failed: 2 },
      gone: { pending: 4, trying: 0, failed: 0 },
    });
    const step = 'fix its settings or the receiver, then beaconwatch notify --retry --sink chat.';
    expect((await problems())[0]).toBe(`2 notifications to sink chat failed: ${step}`);
    // A detection that is suppressed by now is not pending: a retry does not send it.
    await tell(8, { suppressedBy: 's-1' }, { chat: 'failed' });
    expect(await counts()).toMatchObject({ chat: { failed: 2 } });
  });

  it('sinks that do not answer, from the third time in a row', async () => {
    const notBefore = world.now + HOUR_MS;
    await known('soc', { failures: 2, notBefore });
    await known('chat', { failures: 3, notBefore });
    await known('gone', { failures: 3, notBefore, disabledAt: world.now });
    await known('former', { failures: 3, notBefore });
    const next = new Date(notBefore).toISOString();
    expect((await problems(['soc', 'chat', 'gone'])).filter((each) => each.includes('times in a row'))).toEqual([
      `Sink chat failed 3 times in a row; its pending notifications wait until ${next}.`,
    ]);
  });

  it('sinks that are disabled, of those that there are', async () => {
    await known('soc', { disabledAt: world.now });
    await known('former', { disabledAt: world.now });
    await known('chat', {});
    expect(await look(['soc', 'chat', 'fresh'])).toMatchObject({
      problems: ['Sink soc answered 410 (gone) and is disabled: change its settings to enable it.'],
      disabledSinks: ['soc'],
    });
  });

  it('sinks that were skipped for what is wrong with them', async () => {
    const fault = 'SINKS names the setting SOAR_URL, which is not set';
    const found = await health(world.stores, SETTINGS, ['chat'], () => world.now, { sinkFaults: [fault] });
    expect(found.problems).toEqual([`A sink is skipped and receives nothing until it is fixed: ${fault}.`]);
  });

  it('and notifies of all at once', async () => {
    await world.change({ failures: 1, nextTry: world.now, reason: 'x', ends: [bytesOf('')] });
    world.stores.queues.poison['ingest-poison'] = 1;
    world.now += 5 * HOUR_MS;
    expect(await problems([], ['exports', 'first'])).toHaveLength(5);
  });
});

describe('health(…) and the file of known networks', () => {
  it('says which lines are not used, and what to do', async () => {
    const of = async (fault: string) =>
      (await health(world.stores, SETTINGS, [], () => world.now, { known: async () => ({ fault }) })).problems;
    expect(await of('')).toEqual([]);
    expect(await of('1 line of known.csv is not used: line 3: the reason is missing')).toEqual([
      'Severity lacks a part of the file of known networks and programs: 1 line of known.csv is not used: ' +
        'line 3: the reason is missing. Upload a corrected file or delete the blob, and restart the app.',
    ]);
  });
});

describe('health(…) and the database of owners', () => {
  const withOwners = (owners: () => Promise<{ readonly fault: string }>) =>
    health(world.stores, SETTINGS, [], () => world.now, { owners });

  it('says why it is not used, and what to do', async () => {
    expect((await withOwners(async () => ({ fault: '' }))).problems).toEqual([]);
    expect((await withOwners(async () => ({ fault: 'owners.mmdb is damaged' }))).problems).toEqual([
      'Messages name no owner of an address: owners.mmdb is damaged. Upload another MMDB file or delete the blob, and restart the app.',
    ]);
  });

  it('answers where it cannot be read', async () => {
    const { unavailable, problems } = await withOwners(async () => {
      throw new StoreError('context: reading');
    });
    expect(unavailable).toEqual(['owners']);
    expect(problems).toHaveLength(1);
  });
});
