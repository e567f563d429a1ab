import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OfflineCounts } from '../../../src/scoring/offline_counts.ts';
import type { OfflineRow } from '../../../src/scoring/offline_row.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { contribution, groupId, T0, T1, T2 } from '../../contract/samples.ts';
import { tries } from '../../support/effort.ts';

async function rowsOf(counts: OfflineCounts): Promise<OfflineRow[]> {
  const rows: OfflineRow[] = [];
  for (const partition of PARTITIONS) for await (const page of counts.scan(partition)) rows.push(...page);
  return rows;
}

it('OfflineCounts on disk gives the rows that it gives in memory, whatever the size of the runs', async () => {
  const one = fc.record({
    group: fc.nat(5),
    Timestamp: fc.constantFrom(T0, T1, T2),
    key: fc.nat(3),
    count: fc.option(fc.nat(9)),
    failed: fc.boolean(),
    programHash: fc.constantFrom(null, '0'.repeat(16), 'ab'.repeat(8)),
    facts: fc.constantFrom({}, { port: 443 }, { host: 'cdn.example' }, { port: 8443, host: 'c2.example' }),
    name: fc.constantFrom('a\n"', '\u2028', '\ud800', ''),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 60 }), fc.integer({ min: 0, max: 8000 }), async (all, limit) => {
      const inMemory = new OfflineCounts(Number.POSITIVE_INFINITY);
      const onDisk = new OfflineCounts(limit);
      for (const { group, key, name, facts, ...rest } of all) {
        const row: OfflineRow = {
          ...facts,
          ...contribution({
            groupId: `${(group % 3).toString(16)}${groupId(group).slice(1)}`,
            ...{ ...rest, contribution: String(key).repeat(16), DeviceName: `${name}${group}` },
          }),
        };
        inMemory.put(row);
        onDisk.put(row);
        await onDisk.spillIfLarge();
      }
      // Names of a group are equal in telemetry; here they may differ, and the first of each run counts.
      const bare = (rows: OfflineRow[]) => rows.map(({ DeviceName: _device, ...rest }) => rest);
      expect(bare(await rowsOf(onDisk))).toEqual(bare(await rowsOf(inMemory)));
      expect(bare(await rowsOf(onDisk))).toEqual(bare(await rowsOf(inMemory)));
      onDisk.close();
    }),
    { numRuns: tries(60, 1000) },
  );
});

it('OfflineCounts leaves no file behind, also while it is open, and reads groups of many rows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spill-test-'));
  const counts = new OfflineCounts(0, folder);
  for (let n = 0; n < 3000; n++) {
    counts.put(contribution({ contribution: n.toString(16).padStart(16, '0'), count: n }));
    if (n % 700 === 0) await counts.spillIfLarge();
  }
  expect((await rowsOf(counts)).map(({ count }) => count)).toEqual(Array.from({ length: 3000 }, (_, n) => n));
  expect(readdirSync(folder)).toEqual([]);
  counts.close();
  rmdirSync(folder);
});

it('OfflineCounts says what to do where the folder cannot be written', async () => {
  const counts = new OfflineCounts(0, join(tmpdir(), 'beaconwatch-no-such-folder'));
  counts.put(contribution());
  await expect(counts.spillIfLarge()).rejects.toThrow(
    /^cannot write the temporary file in .* \(ENOENT\): set TMPDIR to /,
  );
});

it('OfflineCounts of several threads gives the rows of one, and of equal keys that of the last part', async () => {
  const row = fc.record({ group: fc.nat(5), key: fc.nat(3), count: fc.nat(99) });
  const part = fc.record({ thread: fc.nat(2), rows: fc.array(row, { maxLength: 20 }) });
  const bytes = fc.constantFrom(0, 500, 1e6);
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 12 }), bytes, bytes, async (parts, limit, runBytes) => {
      const one = new OfflineCounts(Number.POSITIVE_INFINITY);
      const threads = Array.from({ length: 3 }, () => new OfflineCounts(limit, undefined, runBytes));
      for (const [n, { thread, rows }] of parts.entries()) {
        const counts = threads[thread] as OfflineCounts;
        await counts.startPart(n);
        for (const { group, key, count } of rows) {
          const each = contribution({ groupId: groupId(group), contribution: String(key).repeat(16), count });
          one.put(each);
          counts.put(each);
          await counts.spillIfLarge();
        }
      }
      const all = new OfflineCounts();
      for (const counts of threads.toReversed()) all.take(structuredClone(await counts.handOver()));
      expect(await rowsOf(all)).toEqual(await rowsOf(one));
      all.close();
    }),
    { numRuns: tries(60, 1000) },
  );
});

it('OfflineCounts counts the facts that one row alone has: an attacker may choose a host for each', async () => {
  const spilled = async (hostOf: (n: number) => string) => {
    const counts = new OfflineCounts(20_000, join(tmpdir(), 'beaconwatch-no-such-folder'));
    for (let n = 0; n < 100; n++) {
      counts.put({ ...contribution({ contribution: n.toString(16).padStart(16, '0') }), host: hostOf(n) });
      await counts.spillIfLarge();
    }
  };
  await expect(spilled(() => 'h.example')).resolves.toBeUndefined();
  await expect(spilled((n) => `h${n}.example`)).rejects.toThrow('cannot write the temporary file');
});
