import { beforeEach, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/core/detections/detection.ts';
import { NO_TRAFFIC } from '../../src/core/detections/traffic.ts';
import type { DetectionRowFilter, Detections, RowPosition, SummaryPage } from '../../src/storage/ports/detections.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import { changed, type DetectionChanges, onlyRegular, regular, summaryOf } from '../support/detections.ts';
import {
  delivery,
  detection,
  evidence,
  groupId,
  HOSTILE_NAMES,
  P3,
  rowsOf,
  T0,
  T1,
  T2,
  traffic,
  verdict,
  wellFormedRow,
} from './samples.ts';

/** What every Detections does; two views on one empty store. */
export function detectionsContract(make: () => Promise<readonly [Detections, Detections]>): void {
  let store: Detections;
  let other: Detections;
  beforeEach(async () => {
    [store, other] = await make();
  });
  const first = detection();
  const id = first.groupId;

  const inserted = async (row: Detection = first): Promise<string> => {
    const version = await store.insert(row);
    if (version === null) throw new Error('not inserted');
    return version;
  };
  const removed = async (...ids: string[]): Promise<void> => {
    const found = await Promise.all(
      ids.map(async (each) => ({ id: each, version: (await store.get(each))?.version ?? '' })),
    );
    await store.remove(found);
  };
  const list = async (filter: DetectionRowFilter): Promise<string[]> =>
    (await rowsOf(store.summaries(filter, []))).map((row) => row.detection.groupId);

  const paged = async (filter: DetectionRowFilter, most: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let from: RowPosition | null = null, more = true; more; ) {
      const page: SummaryPage | null = await store.summaryPage(filter, [], most, from);
      if (page === null) throw new Error('the position was refused');
      expect(page.rows.length).toBeLessThanOrEqual(most);
      ids.push(...page.rows.map((row) => row.detection.groupId));
      from = page.next;
      more = from !== null;
    }
    return ids;
  };

  it('of an empty store finds nothing', async () => {
    expect(await store.summaryPage({}, [], 10, null)).toEqual({ rows: [], next: null });
    expect(await store.get(id)).toBeNull();
    expect(await store.get("3' or true|\u0000")).toBeNull();
    expect(await rowsOf(store.scan(P3))).toEqual([]);
    expect(await store.update(first, 'W/"x"')).toBeNull();
    expect(await store.mark(id, { sink: 'soc', delivery: delivery() }, 'W/"x"')).toBeNull();
    await store.remove([{ id, version: 'W/"x"' }]);
    expect(await rowsOf(store.summaries({}, ['soc']))).toEqual([]);
  });

  it.each<[string, DetectionChanges]>([
    ['a detection', {}],
    ['500 points of evidence', { evidence: evidence(500) }],
    ['no points of evidence', { evidence: evidence(0) }],
    ['large and small numbers', { avg_conn_count: 2 ** 40, average: 0.1 + 0.2, devices: 0, revision: 12_345 }],
    ['a whole average', { average: 60 }],
    ['no interval and no technique', { interval: null, technique: null }],
    ['both assessments', { assessments: { ...detection().assessments, regularity: regular() } }],
    ['that of regularity alone', onlyRegular(detection())],
    [
      'that of a process',
      onlyRegular(detection({ RemoteIP: '*' }), {
        ...{ way: 'process', session: null, addresses: 46, remoteIPs: ['203.0.113.1', '2001:db8::1'] },
      }),
    ],
    ['a technique', { technique: { id: 'T1071.001', name: 'Web Protocols' } }],
    [
      'a life of many episodes',
      { episodes: Array.from({ length: 20 }, () => ({ episode: T0, resolved: T1, average: 1 / 3 })) },
    ],
    [
      'a change',
      {
        ...{ revision: 2, revisionReason: 'The severity rose.' },
        decision: {
          ...{ isDecided: true, isRipe: true, runsInARow: 25, highestSeverity: 'medium' },
          lastNotified: { interval: 2_592_000, score: 0.933 },
        },
      },
    ],
    [
      'one that is not decided',
      {
        revision: 0,
        decision: {
          ...{ isDecided: false, isRipe: false, runsInARow: 1, highestSeverity: 'low' },
          lastNotified: null,
        },
      },
    ],
    ['ten long names of processes', { otherProcesses: Array.from({ length: 10 }, () => '\u0001'.repeat(1024)) }],
    [
      'facts that are long and hostile',
      {
        traffic: traffic({
          urls: HOSTILE_NAMES.slice(0, 5),
          accounts: Array.from({ length: 5 }, () => '\u0001'.repeat(512)),
        }),
      },
    ],
    ['a suppression', { suppressedBy: 'it is ours' }],
    ...HOSTILE_NAMES.map((name): [string, DetectionChanges] => [
      JSON.stringify(name),
      { DeviceName: name, RemoteIP: name },
    ]),
  ])('keeps %s', async (_what, changes) => {
    const row = detection({ ...changes, InitiatingProcessFileName: 'x' });
    const version = await inserted(row);
    expect(await store.get(id)).toEqual({
      row: { detection: wellFormedRow(row), deliveries: {}, verdict: null },
      version,
    });
  });

  describe('insert', () => {
    it('of a row that exists is null, and changes nothing', async () => {
      await inserted();
      expect(await other.insert(detection({ revision: 9 }))).toBeNull();
      expect((await store.get(id))?.row.detection).toEqual(first);
    });

    it('by two workers at once, where nothing is yet, is done by one', async () => {
      const versions = await Promise.all([store.insert(first), other.insert(first)]);
      expect(versions.filter((version) => version !== null)).toHaveLength(1);
    });
  });

  describe('update', () => {
    it('writes what the scorer knows, and leaves what the notifier does', async () => {
      const marked = await store.mark(
        id,
        { sink: 'soc', delivery: delivery() },
        await inserted(detection({ evidence: evidence(500) })),
      );
      const nothing = { interval: null, otherProcesses: [], traffic: NO_TRAFFIC, revisionReason: '' };
      const row = detection({ state: 'resolved', revision: 2, asOf: T2, evidence: evidence(1), ...nothing });
      const version = await other.update(row, marked as string);
      expect(version).not.toBe(marked);
      expect(await store.get(id)).toEqual({
        row: { detection: row, deliveries: { soc: delivery() }, verdict: null },
        version,
      });
    });

    it('of an older version is null, and changes nothing', async () => {
      const version = await inserted();
      await store.update(first, version);
      expect(await other.update(detection({ revision: 2 }), version)).toBeNull();
      expect((await store.get(id))?.row.detection).toEqual(first);
    });

    it('of a row that is gone is null, and brings nothing back', async () => {
      const version = await inserted();
      await removed(id);
      expect(await store.update(first, version)).toBeNull();
      expect(await store.get(id)).toBeNull();
    });
  });

  describe('updateAll', () => {
    const ofGroups = (count: number, changes: DetectionChanges = {}) =>
      Array.from({ length: count }, (_, n) => detection({ groupId: groupId(n), ...changes }));
    const insertedAll = async (rows: readonly Detection[]) =>
      Promise.all(rows.map(async (row) => ({ detection: row, version: await inserted(row) })));
    const stored = async () => (await rowsOf(store.scan(P3))).map(({ row }) => row.detection);

    it('of no row, and of rows in a store that has none, writes nothing', async () => {
      expect(await store.updateAll([])).toEqual([]);
      expect(await store.updateAll([{ detection: first, version: 'W/"x"' }])).toEqual([id]);
      expect(await stored()).toEqual([]);
    });

    it('writes what the scorer knows of each row, and leaves verdict and deliveries', async () => {
      const rows = await insertedAll(ofGroups(3));
      const [one, two, three] = rows.map(({ detection: row }) => row.groupId) as [string, string, string];
      const versions = [
        (await store.recordVerdict(one, verdict(), rows[0]?.version ?? '')) ?? '',
        (await store.mark(two, { sink: 'soc', delivery: delivery() }, rows[1]?.version ?? '')) ?? '',
        rows[2]?.version ?? '',
      ];
      const later = ofGroups(3, { asOf: T2, lastMatched: T2, evidence: evidence(3) });
      const updates = later.map((row, n) => ({ detection: row, version: versions[n] ?? '' }));
      expect(await other.updateAll(updates)).toEqual([]);
      expect(await stored()).toEqual(later);
      expect((await store.get(one))?.row.verdict).toEqual(verdict());
      expect((await store.get(two))?.row.deliveries).toEqual({ soc: delivery() });
      expect((await store.get(three))?.version).not.toBe(versions[2]);
    });

    it.each([1, 2, 6, 10])(
      'with %d of ten rows changed or removed by others leaves these, and repeats nothing',
      async (changed) => {
        const rows = await insertedAll(ofGroups(10));
        const ids = rows.map(({ detection: row }) => row.groupId);
        // Spread over the rows; the last one is removed.
        const theirs = ids.filter((_, n) => (n * 7) % 10 < changed);
        const gone = theirs.at(-1) as string;
        for (const each of theirs) {
          const version = (await store.get(each))?.version as string;
          if (each === gone) await store.remove([{ id: each, version }]);
          else await store.recordVerdict(each, verdict(), version);
        }
        const later = rows.map((row) => ({ ...row, detection: { ...row.detection, asOf: T2 } }));
        const unwritten = await other.updateAll(later);
        expect(unwritten).toEqual(expect.arrayContaining(theirs));
        const asOf = Object.fromEntries((await stored()).map((row) => [row.groupId, row.asOf]));
        const expected = ids
          .filter((each) => each !== gone)
          .map((each) => [each, unwritten.includes(each) ? first.asOf : T2]);
        expect(asOf).toEqual(Object.fromEntries(expected));
        // A single other writer does not make the rest single.
        if (changed === 1) expect(unwritten).toEqual(theirs);
      },
    );

    it('of a hundred rows of 500 points writes all, though they exceed one transaction', async () => {
      const long = { evidence: evidence(500), traffic: traffic({ urls: ['\u0001'.repeat(2048)] }) };
      const rows = await insertedAll(ofGroups(100));
      const later = rows.map((row) => ({ ...row, detection: changed(row.detection, long) }));
      expect(await store.updateAll(later)).toEqual([]);
      expect(await stored()).toEqual(later.map((row) => row.detection));
    });

    it('of more than a hundred rows is refused', async () => {
      const rows = ofGroups(101).map((row) => ({ detection: row, version: 'W/"x"' }));
      await expect(store.updateAll(rows)).rejects.toThrow(RangeError);
    });
  });

  describe('mark', () => {
    it('writes one sink, and leaves the others and the detection', async () => {
      const sinks = ['soc', 'soc_chat', 'SOC', '_', '0'];
      let version = await inserted();
      for (const [n, sink] of sinks.entries()) {
        version = (await store.mark(id, { sink, delivery: delivery({ attempts: n }) }, version)) as string;
      }
      const sent = delivery({ status: 'sent', episode: T0, attempts: 7, at: 1_795_450_841_123, answer: '204' });
      version = (await other.mark(id, { sink: 'soc', delivery: sent }, version)) as string;
      const deliveries = Object.fromEntries(sinks.map((sink, n) => [sink, delivery({ attempts: n })]));
      expect(await store.get(id)).toEqual({
        row: { detection: first, deliveries: { ...deliveries, soc: sent }, verdict: null },
        version,
      });
    });

    it('of one version by two workers is done by one', async () => {
      const version = await inserted();
      const marks = await Promise.all(
        [store, other].map((worker, n) =>
          worker.mark(id, { sink: 'soc', delivery: delivery({ attempts: n }) }, version),
        ),
      );
      expect(marks.filter((mark) => mark === null)).toHaveLength(1);
      const winner = marks.findIndex((mark) => mark !== null);
      expect((await store.get(id))?.row.deliveries).toEqual({ soc: delivery({ attempts: winner }) });
    });

    it('of a row that is gone is null', async () => {
      const version = await inserted();
      await removed(id);
      expect(await store.mark(id, { sink: 'soc', delivery: delivery() }, version)).toBeNull();
    });
  });

  describe('listAddresses', () => {
    const listed = { asOf: T1, remoteIPs: ['203.0.113.9', '2001:db8::1', "a' \u202e"] };

    it('keeps the list beside what others write, and a summary has none', async () => {
      let version = (await store.listAddresses(id, listed, await inserted())) as string;
      version = (await other.recordVerdict(id, verdict(), version)) as string;
      const later = detection({ asOf: T2 });
      await store.update(later, version);
      expect((await other.get(id))?.row).toEqual({
        ...{ detection: later, deliveries: {}, verdict: verdict(), otherAddresses: listed },
      });
      expect((await rowsOf(store.summaries({}, [])))[0]).not.toHaveProperty('otherAddresses');
    });

    it('is in the lists of what is active, with the version of the row', async () => {
      const version = (await store.listAddresses(id, listed, await inserted())) as string;
      const bare = detection({ groupId: `${id.slice(0, 31)}${id.endsWith('0') ? '1' : '0'}` });
      const bareVersion = await store.insert(bare);
      const lists = async () => (await rowsOf(other.activeLists())).toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1));
      const expected = [
        { row: { id, otherAddresses: listed }, version },
        { row: { id: bare.groupId, otherAddresses: null }, version: bareVersion },
      ];
      expect(await lists()).toEqual(expected.toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1)));
      await store.update({ ...bare, state: 'resolved' }, bareVersion as string);
      expect(await lists()).toEqual(expected.slice(0, 1));
    });

    it('takes the place of an earlier list, also where the new one is empty', async () => {
      const version = (await store.listAddresses(id, listed, await inserted())) as string;
      await store.listAddresses(id, { asOf: T2, remoteIPs: [] }, version);
      expect((await store.get(id))?.row.otherAddresses).toEqual({ asOf: T2, remoteIPs: [] });
      expect(await store.listAddresses(id, listed, version)).toBeNull();
    });
  });

  describe('recordVerdict', () => {
    const recorded = verdict();

    it.each(HOSTILE_NAMES.map((name) => [name]))('keeps %j', async (name) => {
      await store.recordVerdict(id, verdict({ note: name, who: name }), await inserted());
      expect((await other.get(id))?.row.verdict).toEqual(wellFormedRow(verdict({ note: name, who: name })));
    });

    it('keeps a note as long as it may be', async () => {
      const longest = verdict({ note: '\u{1f600}\u0001'.repeat(333), who: '\u0001'.repeat(200) });
      await store.recordVerdict(id, longest, await inserted());
      expect((await store.get(id))?.row.verdict).toEqual(longest);
    });

    it('writes what a person says, and leaves what the scorer and the notifier write; so do they', async () => {
      let version = (await store.mark(id, { sink: 'soc', delivery: delivery() }, await inserted())) as string;
      version = (await other.recordVerdict(id, verdict({ value: 'acknowledged' }), version)) as string;
      version = (await store.recordVerdict(id, recorded, version)) as string;
      const row = detection({ state: 'resolved', asOf: T2 });
      version = (await other.update(row, version)) as string;
      version = (await store.mark(id, { sink: 'chat', delivery: delivery() }, version)) as string;
      expect(await store.get(id)).toEqual({
        row: { detection: row, deliveries: { soc: delivery(), chat: delivery() }, verdict: recorded },
        version,
      });
      expect((await rowsOf(store.scan(P3)))[0]?.row.verdict).toEqual(recorded);
      expect((await rowsOf(store.summaries({}, [])))[0]?.verdict).toEqual(recorded);
    });

    it('of one version by two people is done by one', async () => {
      const version = await inserted();
      const versions = await Promise.all(
        [store, other].map((worker, n) => worker.recordVerdict(id, verdict({ who: String(n) }), version)),
      );
      expect(versions.filter((each) => each !== null)).toHaveLength(1);
      const winner = versions.findIndex((each) => each !== null);
      expect((await store.get(id))?.row.verdict?.who).toBe(String(winner));
    });

    it('of a row that is gone is null', async () => {
      const version = await inserted();
      await removed(id);
      expect(await store.recordVerdict(id, recorded, version)).toBeNull();
      expect(await store.get(id)).toBeNull();
    });
  });

  describe('scan and list', () => {
    const ids = [5, 1, 9, 3].map(groupId);

    it('scan gives the rows of one partition in key order, with their versions', async () => {
      for (const each of [...ids, `4${groupId(0).slice(1)}`]) await inserted(detection({ groupId: each }));
      const found = await rowsOf(store.scan(P3));
      expect(found.map(({ row }) => row.detection.groupId)).toEqual(ids.toSorted());
      for (const { row, version } of found) expect(await store.update(row.detection, version)).not.toBeNull();
      expect(await rowsOf(store.scan('4' as Partition))).toHaveLength(1);
    });

    it('list gives all, or those of one state, one device, or both', async () => {
      const device = "o'brien \u{1f600}";
      await inserted(detection({ groupId: groupId(1) }));
      await inserted(detection({ groupId: groupId(2), state: 'resolved' }));
      await inserted(detection({ groupId: groupId(3), DeviceName: device }));
      await inserted(detection({ groupId: groupId(4), DeviceName: device, state: 'resolved' }));
      await inserted(detection({ groupId: `4${groupId(5).slice(1)}`, DeviceName: device.toUpperCase() }));
      expect(await list({})).toHaveLength(5);
      expect(await list({ state: 'resolved' })).toEqual([groupId(2), groupId(4)]);
      expect(await list({ device })).toEqual([groupId(3), groupId(4)]);
      expect(await list({ state: 'resolved', device })).toEqual([groupId(4)]);
      expect(await list({ state: 'ongoing' })).toEqual([]);
    });
  });

  it('remove takes rows away, and does not mind those that are gone', async () => {
    await inserted();
    await inserted(detection({ groupId: groupId(2) }));
    await inserted(detection({ groupId: groupId(3) }));
    const version = (await store.get(id))?.version ?? '';
    await removed(id, groupId(3));
    await other.remove([{ id, version }]);
    expect(await list({})).toEqual([groupId(2)]);
  });

  it('remove leaves a row that somebody wrote meanwhile, and takes the others', async () => {
    const version = await inserted();
    const second = await inserted(detection({ groupId: groupId(2) }));
    await other.update(detection({ state: 'new', asOf: T2 }), version);
    await store.remove([
      { id, version },
      { id: groupId(2), version: second },
    ]);
    expect(await list({})).toEqual([groupId(1)]);
  });

  it('remove takes several batches at once', async () => {
    const rows = await Promise.all(
      Array.from({ length: 130 }, async (_, number) => {
        const version = await inserted(detection({ groupId: groupId(number) }));
        return { id: groupId(number), version };
      }),
    );
    await store.remove(rows);
    expect(await list({})).toEqual([]);
  });

  describe('summaries', () => {
    it('give rows without what is long, and the deliveries of the sinks that are named', async () => {
      const row = detection({
        evidence: evidence(500),
        technique: { id: 'T1071', name: '' },
        otherProcesses: Array.from({ length: 10 }, () => '\u0001'.repeat(1024)),
      });
      let version = await inserted(row);
      for (const sink of ['soc', 'chat', 'former']) {
        version = (await store.mark(id, { sink, delivery: delivery({ answer: sink }) }, version)) as string;
      }
      const summary = summaryOf(row);
      const deliveries = { soc: delivery({ answer: 'soc' }), chat: delivery({ answer: 'chat' }) };
      expect(await rowsOf(store.summaries({}, ['soc', 'chat', 'none']))).toEqual([
        { detection: summary, deliveries, verdict: null },
      ]);
      await store.recordVerdict(id, verdict(), version);
      expect((await rowsOf(other.summaries({}, [])))[0]?.verdict).toEqual(verdict());
      expect(await rowsOf(store.summaries({}, []))).toEqual([
        { detection: summary, deliveries: {}, verdict: verdict() },
      ]);
    });

    const filters: readonly [DetectionRowFilter, number[]][] = [
      [{ state: 'active' }, [1, 3, 4]],
      [{ state: 'resolved', severity: 'low' }, [2]],
      [{ severity: 'low' }, [2, 3]],
      [{ source: 'sysmon' }, [3]],
      [{ remote: '*' }, [4]],
      [{ remote: '*', state: 'resolved' }, []],
      [{ suppressed: true }, [4]],
      [{ suppressed: false }, [1, 2, 3]],
      [{ verdict: verdict().value }, [1]],
      [{ verdict: 'acknowledged' }, []],
      [{ since: T1 }, [2, 3]],
      [{ since: T1, severity: 'low', state: 'active', suppressed: false, source: 'sysmon' }, [3]],
      [{}, [1, 2, 3, 4]],
    ];

    it.each(filters)('%o: the list and its pages give what fits, in key order', async (filter, wanted) => {
      const early = { severity: 'high', lastMatched: T0 } as const;
      const version = await inserted(detection({ ...early, groupId: groupId(1), state: 'new' }));
      await store.recordVerdict(groupId(1), verdict(), version);
      await inserted(detection({ groupId: groupId(2), state: 'resolved', severity: 'low', lastMatched: T1 }));
      const last = `4${groupId(3).slice(1)}`;
      await inserted(detection({ groupId: last, severity: 'low', source: 'sysmon', lastMatched: T2 }));
      await inserted(detection({ ...early, groupId: groupId(4), suppressedBy: 's-1', RemoteIP: '*' }));
      const ids = wanted.map((n) => (n === 3 ? last : groupId(n))).toSorted();
      expect(await list(filter)).toEqual(ids);
      for (const most of [1, 2, 1000]) expect(await paged(filter, most)).toEqual(ids);
    });

    it('summaryPage gives no more rows than asked, and goes on where it ended', async () => {
      const ids = Array.from({ length: 7 }, (_, n) => `${n.toString(16)}${groupId(n).slice(1)}`);
      for (const each of ids) await inserted(detection({ groupId: each }));
      const first = await store.summaryPage({}, [], 3, null);
      expect(first?.rows.map(({ detection: { groupId: id } }) => id)).toEqual(ids.slice(0, 3));
      const version = (await store.get(ids[3] ?? ''))?.version ?? '';
      await store.remove([{ id: ids[3] ?? '', version }]);
      // The row at which the next page would have begun is gone; nothing else is left out or repeated.
      const second = await store.summaryPage({}, [], 1000, first?.next ?? null);
      expect(second?.rows.map(({ detection: { groupId: id } }) => id)).toEqual(ids.slice(4));
      expect(second?.next).toBeNull();
    });

    it('are of one state or device where asked', async () => {
      await inserted();
      await inserted(detection({ groupId: groupId(2), state: 'resolved', DeviceName: 'other' }));
      expect(await list({ state: 'resolved' })).toEqual([groupId(2)]);
      expect(await list({ device: first.DeviceName })).toEqual([groupId(1)]);
      expect(await list({})).toEqual([groupId(1), groupId(2)]);
    });
  });
}
