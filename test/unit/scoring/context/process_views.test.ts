import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import type { Counted } from '../../../../src/core/records/contribution.ts';
import { REGULARITY_THRESHOLDS } from '../../../../src/core/regularity/assessment.ts';
import { deviceHashOf } from '../../../../src/core/regularity/device_hash.ts';
import { isOfWindow, windowOf } from '../../../../src/core/scoring/window.ts';
import { encodeContextFile, openContextFile, readContextFile } from '../../../../src/scoring/context/context_file.ts';
import { FleetContext, readContext } from '../../../../src/scoring/context/fleet_context.ts';
import { mergeContext } from '../../../../src/scoring/context/merge_context.ts';
import { decodeMerged, MERGED_SECTION } from '../../../../src/scoring/context/merged_codec.ts';
import { mergedName, partialName } from '../../../../src/scoring/context/names.ts';
import { pairHashOf } from '../../../../src/scoring/context/pair_hash.ts';
import { PairSet } from '../../../../src/scoring/context/pair_set.ts';
import { PARTIAL_SECTION, writePartial } from '../../../../src/scoring/context/partial_codec.ts';
import {
  type ListedProcess,
  processViews,
  type RegularProcess,
} from '../../../../src/scoring/context/process_views.ts';
import { RegularityWatch } from '../../../../src/scoring/context/regularity_watch.ts';
import { scoreProcesses } from '../../../../src/scoring/score_processes.ts';
import { Suppressor } from '../../../../src/scoring/suppressor.ts';
import { groupIdOf, PARTITIONS, partitionOf, processIdOf } from '../../../../src/storage/keys.ts';
import type { Partition } from '../../../../src/storage/ports/hourly_counts.ts';
import { MemoryContextFiles } from '../../../fakes/context.ts';
import { memoryStores } from '../../../fakes/stores.ts';
import { tries } from '../../../support/effort.ts';
import { SETTINGS } from '../../../support/scoring/tenant.ts';

const T = '2026-11-20T06:00:00.0000000Z' as Timestamp;
const NEXT = addMs(T, HOUR_MS);

/** An hour of a group, in hours before T. */
function row(
  DeviceName: string,
  InitiatingProcessFileName: string,
  RemoteIP: string,
  ago: number,
  count: number,
): Counted {
  const key = { source: 'defender', DeviceName, InitiatingProcessFileName, RemoteIP } as const;
  const Timestamp = addMs(T, -ago * HOUR_MS + 600_000);
  return { groupId: groupIdOf(key), ...key, Timestamp, count, failed: false, programHash: null };
}

/** Twelve connections an hour, each hour to another one of these addresses. */
function rotating(device: string, process: string, addresses: readonly string[]): Counted[] {
  return Array.from({ length: 71 }, (_, n) => row(device, process, addresses[n % addresses.length] ?? '', 71 - n, 12));
}

/** Scores the rows partition by partition, as runs do. `context`: by default what the runs before left. */
async function run(
  files: MemoryContextFiles,
  asOf: Timestamp,
  rows: readonly Counted[],
  known?: FleetContext | null,
): Promise<void> {
  const context = known === undefined ? (await readContext(files, asOf)).context : known;
  const window = windowOf(asOf, 3);
  for (const partition of PARTITIONS) {
    const watch = new RegularityWatch(window, context);
    const own = rows.filter((each) => partitionOf(each.groupId) === partition && isOfWindow(each, window));
    const inOrder = own.sort((a, b) => (a.groupId + a.Timestamp < b.groupId + b.Timestamp ? -1 : 1));
    const groups = Map.groupBy(inOrder, ({ groupId }) => groupId);
    for (const [, [first, ...rest]] of groups) {
      if (first === undefined) continue;
      watch.begin(first);
      for (const each of [first, ...rest]) watch.add(each);
      watch.end();
    }
    await writePartial(files, asOf, partition, watch.partial(), watch.groups());
  }
}

async function found(rows: readonly Counted[], files = new MemoryContextFiles()) {
  await run(files, T, rows);
  await mergeContext(files, NEXT);
  return await findingsOf(files);
}

async function findingsOf(files: MemoryContextFiles, asOf = NEXT) {
  const { context } = await readContext(files, asOf);
  if (context === null) throw new Error('no context');
  const faults: string[] = [];
  const fleet = { context, thresholds: REGULARITY_THRESHOLDS };
  const findings = await Array.fromAsync(processViews(files, asOf, fleet, (fault) => void faults.push(fault)));
  return { findings, faults };
}

const SERVERS = Array.from({ length: 20 }, (_, n) => `198.51.${n}.${n + 1}`);
/** So that one device is few, and the partitions have others. */
const OTHERS = Array.from({ length: 15 }, (_, n) => row(`ws-${n}`, 'browser.exe', `203.0.113.${n}`, 9, 3));

describe('processViews(files, asOf, fleet, onFault)', () => {
  it('finds a process whose servers rotate over all partitions', async () => {
    const { findings, faults } = await found([...OTHERS, ...rotating('ws-1', 'rot.exe', SERVERS)]);
    expect(faults).toEqual([]);
    const key = { source: 'defender', DeviceName: 'ws-1', InitiatingProcessFileName: 'rot.exe' } as const;
    expect(findings).toMatchObject([{ kind: 'regular', ...key, groupId: processIdOf(key) }]);
    const [{ assessment, addresses, counts, isNew }] = findings as [RegularProcess];
    expect(assessment).toMatchObject({ way: 'process', addresses: 20, interval: 300, connections: 71 * 12 });
    expect(addresses).toHaveLength(20);
    expect(addresses[0]).toEqual({ RemoteIP: '198.51.0.1', connections: 48 });
    expect(counts).toHaveLength(71);
    expect(counts.map(({ second }) => second)).toEqual(counts.map(({ second }) => second).toSorted((a, b) => a - b));
    // The tenant had not been observed for a day before.
    expect(isNew).toBe(false);
  });

  it.each([
    ['in each of its networks is new', ['198.51.0.0/16', '203.0.0.0/16'], true],
    ['in one network, and established in the other, is not new', ['198.51.0.0/16'], false],
    ['in none is not new', [], false],
  ])('a process that is new %s', async (_, newNetworks, expected) => {
    const files = new MemoryContextFiles();
    const servers = [...SERVERS.slice(0, 10), ...Array.from({ length: 10 }, (_each, n) => `203.0.113.${n + 100}`)];
    await run(files, T, [...OTHERS, ...rotating('ws-1', 'rot.exe', servers)]);
    await mergeContext(files, NEXT);
    const merged = await readContextFile(files, mergedName(NEXT), MERGED_SECTION, decodeMerged);
    const newPairs = new Map(newNetworks.map((network) => [pairHashOf('rot.exe', network), 1]));
    const fleet = { context: new FleetContext({ ...merged, newPairs }), thresholds: REGULARITY_THRESHOLDS };
    const findings = await Array.fromAsync(processViews(files, NEXT, fleet, () => {}));
    expect(findings).toMatchObject([{ kind: 'regular', isNew: expected }]);
  });

  it('does not sum what more devices use', async () => {
    const users = [1, 2].flatMap((n) => rotating(`ws-${n}`, 'rot.exe', SERVERS));
    expect((await found([...OTHERS, ...users])).findings).toEqual([]);
  });

  it('lists the others where an address matches by itself', async () => {
    const steady = Array.from({ length: 71 }, (_, n) => row('ws-1', 'rot.exe', '198.51.99.9', 71 - n, 12));
    const { findings } = await found([...OTHERS, ...steady, ...rotating('ws-1', 'rot.exe', SERVERS)]);
    expect(findings).toMatchObject([{ kind: 'listed', matching: ['198.51.99.9'] }]);
    expect((findings[0] as ListedProcess).others.toSorted()).toEqual(SERVERS.toSorted());
    expect((await found([...OTHERS, ...steady])).findings).toMatchObject([
      { kind: 'listed', matching: ['198.51.99.9'], others: [] },
    ]);
  });

  /** A report of each of so many addresses, hour after hour. */
  function manyAddresses(length: number): Counted[] {
    const one = row('ws-1', 'rot.exe', SERVERS[0] ?? '', 0, 1);
    return Array.from({ length }, (_, n) => ({
      ...one,
      // An id of its own in partition 0, and a long address.
      groupId: `0${n.toString(16).padStart(31, '0')}`,
      RemoteIP: `2001:0db8:0000:0000:0000:0000:0000:${n.toString(16).padStart(4, '0')}`,
      Timestamp: addMs(T, -(n % 71) * HOUR_MS - 3_000_000),
    }));
  }

  it('sums a process whose groups fill more than one section of a partition', async () => {
    const rows = manyAddresses(5_680);
    const files = new MemoryContextFiles();
    const { findings } = await found([...OTHERS, ...rows], files);
    expect((await openContextFile(files, partialName(T, '0' as Partition))).sections).toBeGreaterThan(2);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ kind: 'regular', assessment: { addresses: rows.length } });
  });

  it('sums 20,000 addresses of a process at most', async () => {
    const { findings } = await found([...OTHERS, ...manyAddresses(20_050)]);
    expect(findings).toMatchObject([{ kind: 'regular', assessment: { addresses: 20_000 } }]);
  });

  it('keeps two devices apart whose names have the same hash', async () => {
    const devices = ['ws-1460778', 'ws-15690531'];
    expect(new Set(devices.map(deviceHashOf)).size).toBe(1);
    const rows = devices.flatMap((device) => ['rot.exe', 'svc.exe'].flatMap((name) => rotating(device, name, SERVERS)));
    const { findings } = await found([...OTHERS, ...rows]);
    expect(findings).toHaveLength(4);
    for (const finding of findings) expect(finding).toMatchObject({ kind: 'regular', assessment: { addresses: 20 } });
  });

  it('sums no report of an older partial that the window no longer has', async () => {
    const files = new MemoryContextFiles();
    const old = row('ws-1', 'rot.exe', SERVERS[0] ?? '', 75, 12);
    const rows = [...OTHERS, ...rotating('ws-1', 'rot.exe', SERVERS), old];
    for (const asOf of [addMs(T, -5 * HOUR_MS), T]) await run(files, asOf, rows);
    await files.remove(partialName(T, partitionOf(old.groupId)));
    await mergeContext(files, NEXT);
    const { findings } = await findingsOf(files);
    expect(findings).toMatchObject([{ kind: 'regular' }]);
    const [{ counts }] = findings as [RegularProcess];
    expect(Math.min(...counts.map(({ second }) => second))).toBe(Date.parse(T) / 1000 - 71 * 3600 + 600);
  });

  it('names a partial that cannot be read, and goes on', async () => {
    const files = new MemoryContextFiles();
    const rows = [...OTHERS, ...rotating('ws-1', 'rot.exe', SERVERS)];
    await found(rows, files);
    const name = partialName(T, '5' as Partition);
    await files.put(name, Buffer.from('BWCX'));
    expect((await findingsOf(files)).faults).toEqual([`${name} is damaged`]);
  });

  it.each([
    ['an unknown source', [0, 4 * 7]],
    ['names that are not there', [0, 2]],
    ['bytes that end too early', [0, 0, 9, 1]],
    ['bytes that cannot be decompressed', [1, 255, 255]],
  ])('names a partial whose groups have %s, though its checksums are right, and goes on', async (_what, bytes) => {
    const files = new MemoryContextFiles();
    await found([...OTHERS, ...rotating('ws-1', 'rot.exe', SERVERS)], files);
    const name = partialName(T, '5' as Partition);
    const partial = await readContextFile(files, name, PARTIAL_SECTION, (section) => section);
    await files.put(name, encodeContextFile([partial, Buffer.from(bytes), Buffer.from(bytes)]));
    const { findings, faults } = await findingsOf(files);
    expect(faults).toEqual([`${name} is damaged`]);
    expect(findings).toMatchObject([{ kind: 'regular', InitiatingProcessFileName: 'rot.exe' }]);
  });
});

describe('processViews after a run that skips what more devices use', () => {
  /** What is found some hours after T, with what the run at T knew; and without: then a run writes all groups that it can. */
  async function laterRun(rows: readonly Counted[], hours: number, isSkipping: boolean) {
    const files = new MemoryContextFiles();
    await run(files, T, rows);
    const second = addMs(T, hours * HOUR_MS);
    await mergeContext(files, second);
    const merged = await readContextFile(files, mergedName(second), MERGED_SECTION, decodeMerged);
    const settled = isSkipping ? merged.settled : new PairSet([]);
    await run(files, second, rows, new FleetContext({ ...merged, settled }));
    const third = addMs(second, HOUR_MS);
    await mergeContext(files, third);
    const bytes = await Promise.all(PARTITIONS.map((each) => files.open(partialName(second, each), 1)));
    const { findings, faults } = await findingsOf(files, third);
    return { findings, faults, bytes: bytes.reduce((sum, each) => sum + (each?.length ?? 0), 0) };
  }

  it('sums a process whose last other user leaves the window meanwhile', async () => {
    const rotated = rotating('ws-1', 'rot.exe', SERVERS);
    const leaving = SERVERS.map((address) => row('ws-2', 'rot.exe', address, 72, 5));
    const staying = SERVERS.map((address) => row('ws-2', 'rot.exe', address, 60, 5));
    expect((await found([...OTHERS, ...leaving, ...rotated])).findings).toEqual([]);
    expect((await laterRun([...OTHERS, ...leaving, ...rotated], 1, true)).findings).toMatchObject([
      { kind: 'regular' },
    ]);
    expect((await laterRun([...OTHERS, ...staying, ...rotated], 1, true)).findings).toEqual([]);
    // The window of six hours later no longer has a report at its very beginning.
    const first = leaving.map((each) => ({ ...each, Timestamp: addMs(T, -66 * HOUR_MS) }));
    expect((await laterRun([...OTHERS, ...first, ...rotated], 6, true)).findings).toMatchObject([{ kind: 'regular' }]);
    // After a pause of eight hours nothing is known of who still uses it.
    const paused = SERVERS.map((address) => row('ws-2', 'rot.exe', address, 65, 5));
    expect((await laterRun([...OTHERS, ...paused, ...rotated], 8, true)).findings).toMatchObject([{ kind: 'regular' }]);
  });

  it('finds the same as after one that skips nothing, and writes less', async () => {
    const sizes = { skipping: 0, whole: 0 };
    let regular = 0;
    const use = fc.record({
      device: fc.nat(3).map((n) => `ws-${n}`),
      process: fc.constantFrom('rot.exe', 'svc.exe'),
      addresses: fc.constantFrom(SERVERS.slice(0, 3), SERVERS, ['203.0.113.5', '203.0.113.6']),
      kind: fc.constantFrom('rotating', 'once'),
      ago: fc.constantFrom(72, 71, 70, 67, 66, 65, 64, 5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(use, { maxLength: 6 }), fc.constantFrom(1, 2, 6, 7), async (uses, hours) => {
        const rows = uses.flatMap(({ device, process, addresses, kind, ago }) =>
          kind === 'rotating'
            ? rotating(device, process, addresses)
            : addresses.map((address) => row(device, process, address, ago, 5)),
        );
        const skipping = await laterRun([...OTHERS, ...rows], hours, true);
        const whole = await laterRun([...OTHERS, ...rows], hours, false);
        expect(skipping.findings).toEqual(whole.findings);
        expect([...skipping.faults, ...whole.faults]).toEqual([]);
        sizes.skipping += skipping.bytes;
        sizes.whole += whole.bytes;
        regular += skipping.findings.length;
      }),
      { seed: 20_261_130, numRuns: tries(15, 500) },
    );
    expect(regular).toBeGreaterThan(2);
    expect(sizes.skipping).toBeLessThan(sizes.whole);
  });
});

describe('the requests of the context', () => {
  it('are at most 120 an hour, with the process view and the removal of old files', async () => {
    const stores = memoryStores();
    const suppressor = await Suppressor.read(stores, T);
    const files = new MemoryContextFiles();
    let requests = 0;
    const counting = new Proxy(files, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          requests++;
          return (value as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    for (let hour = 0; hour < 27; hour++) {
      requests = 0;
      const asOf = addMs(T, hour * HOUR_MS);
      await mergeContext(counting, asOf);
      for (const partition of PARTITIONS) {
        const { context } = await readContext(counting, asOf);
        const watch = new RegularityWatch(windowOf(asOf, 3), context);
        await writePartial(counting, asOf, partition, watch.partial(), watch.groups());
      }
      const fleet = { ...(await readContext(counting, asOf)), baseline: 'over' as const };
      const job = { asOf, newestReport: asOf } as const;
      await scoreProcesses({ ...stores, context: counting }, SETTINGS, [], job, fleet, suppressor);
    }
    // list, 16 partials, seen twice, merged; 16 runs read and write; the process view reads; 18 old files go.
    expect(requests).toBe(1 + 16 + 2 + 1 + 16 + 16 + (2 + 16) + 18);
    expect(requests).toBeLessThanOrEqual(120);
  });
});
