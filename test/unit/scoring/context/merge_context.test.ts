import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { deviceHashOf } from '../../../../src/core/regularity/device_hash.ts';
import { PartialBuilder } from '../../../../src/core/regularity/fleet_partial.ts';
import {
  encodeContextFile,
  openContextFile,
  readContextFile,
  UnreadableFileError,
} from '../../../../src/scoring/context/context_file.ts';
import { readContext } from '../../../../src/scoring/context/fleet_context.ts';
import { mergeContext } from '../../../../src/scoring/context/merge_context.ts';
import { decodeRare, RARE_SECTION } from '../../../../src/scoring/context/merged_codec.ts';
import { mergedName, partialName } from '../../../../src/scoring/context/names.ts';
import { pairHashOf } from '../../../../src/scoring/context/pair_hash.ts';
import { decodePartial, encodePartial, writePartial } from '../../../../src/scoring/context/partial_codec.ts';
import { PARTITIONS } from '../../../../src/storage/keys.ts';
import type { Partition } from '../../../../src/storage/ports/hourly_counts.ts';
import { StoreError } from '../../../../src/storage/ports/store_error.ts';
import { MemoryContextFiles } from '../../../fakes/context.ts';
import { tries } from '../../../support/effort.ts';
import { fleetAt } from '../../../support/scoring/fleet.ts';
import { pairsOf, pairTableOf } from '../../../support/scoring/pair_table.ts';

const T = '2026-11-20T06:00:00.0000000Z' as Timestamp;
const at = (hours: number) => addMs(T, hours * HOUR_MS);
const hourOf = (time: Timestamp) => msOf(time) / HOUR_MS;
const NETWORK = '198.51.0.0/16';

/** A device of its own, on which `beat.exe` is regular; of partition 0 to 15. */
function partialOf(asOf: Timestamp, number: number) {
  const builder = new PartialBuilder(hourOf(asOf), 12_501);
  const device = deviceHashOf(`ws-${number}`);
  builder.hours.mark(builder.hours.slotOf(device, 0), hourOf(asOf) - 1);
  for (const ago of [1, 2, 3, 4]) builder.report(hourOf(asOf) - ago);
  const pair = builder.use(pairHashOf('beat.exe', NETWORK), device, hourOf(asOf) - 1, hourOf(asOf) - 1);
  builder.regular(pair, device);
  return builder.build();
}

async function run(files: MemoryContextFiles, asOf: Timestamp, partitions: readonly Partition[] = PARTITIONS) {
  for (const partition of partitions) {
    await writePartial(files, asOf, partition, partialOf(asOf, PARTITIONS.indexOf(partition)));
  }
}

async function merged(files: MemoryContextFiles, asOf: Timestamp) {
  const found = await mergeContext(files, asOf);
  return { found, ...(await readContext(files, asOf)) };
}

describe('mergeContext(files, asOf)', () => {
  it('has none in the first run, and says so', async () => {
    const { found, context, fault } = await merged(new MemoryContextFiles(), T);
    expect([found.isContext, context]).toEqual([false, null]);
    expect(fault).toBe('there is no context: 0 of 16 partitions have a partial of the last 24 hours');
    expect(found.fault).toBe(fault);
  });

  it('adds up what the partitions left', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    const { context, fault } = await merged(files, at(1));
    expect(fault).toBe('');
    expect([context?.devices, context?.few, context?.many]).toEqual([16, 1, 10]);
    // On 16 devices, and 10 are many.
    expect(context?.pairOf('beat.exe', NETWORK).regularDevices).toBe(Number.POSITIVE_INFINITY);
    expect(context?.pairOf('other.exe', NETWORK).regularDevices).toBe(0);
    expect([...(context?.counted ?? [])]).toEqual(PARTITIONS.map((partition) => [partition, T]));
    const slot = context?.hours.find(deviceHashOf('ws-3'), 0) ?? -1;
    expect([-1, 0].map((hour) => context?.hours.groupsAt(slot, hourOf(T) + hour))).toEqual([1, 0]);
    expect(context?.hours.find(deviceHashOf('ws-99'), 0)).toBe(-1);
  });

  it('takes the newest one of the last 24 hours where a partition has none of the last run, and names it', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    await run(files, at(1), PARTITIONS.slice(1));
    const { context, fault } = await merged(files, at(2));
    expect(fault).toBe(`partition 0 counts its run of ${T}`);
    expect(context?.counted.get('0' as Partition)).toBe(T);
    expect(context?.devices).toBe(16);
    await run(files, at(22), PARTITIONS.slice(1));
    expect((await merged(files, at(23))).fault).toBe(`partition 0 counts its run of ${T}`);
    await run(files, at(24), PARTITIONS.slice(1));
    expect((await merged(files, at(25))).fault).toBe('partition 0 has no partial');
  });

  it.each([
    ['half-written', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9), 'is damaged'],
    ['without bytes', () => Buffer.alloc(0), 'is damaged'],
    ['of another version', (bytes: Buffer) => Buffer.from(bytes).fill(9, 4, 5), 'is of another version'],
  ])('skips a partial that is %s, and names it', async (_what, change, reason) => {
    const files = new MemoryContextFiles();
    await run(files, T);
    const name = partialName(T, '5' as Partition);
    const whole = await files.open(name, 1e9);
    await files.put(name, change(Buffer.from(whole?.bytes ?? [])));
    const { context, fault } = await merged(files, at(1));
    expect([context?.counted.size, fault]).toEqual([15, `partition 5: ${name} ${reason}`]);
  });

  it('counts a partial of 24 hours before, and no older one', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    expect((await merged(files, at(24))).context?.counted.size).toBe(16);
    expect((await merged(files, addMs(at(24), 1))).context).toBeNull();
  });

  it('opens 36 partials at most where none can be read, and names the newest of each partition', async () => {
    const files = new MemoryContextFiles();
    for (let hour = 0; hour < 24; hour++)
      for (const partition of PARTITIONS)
        await files.put(partialName(at(hour), partition), Buffer.from('of another program'));
    const open = vi.spyOn(files, 'open');
    const { fault } = await mergeContext(files, at(24));
    expect(open).toHaveBeenCalledTimes(16 + 20);
    const newest = PARTITIONS.map((each) => `partition ${each}: ${partialName(at(23), each)} is of another version`);
    expect(fault.split('; ')).toEqual([...newest, expect.stringContaining('there is no context: 0 of 16')]);
  });

  it('tries 20 older partials: the twentieth counts', async () => {
    const files = new MemoryContextFiles();
    const first = '0' as Partition;
    for (const [bad, counted] of [
      [20, at(0)],
      [21, undefined],
    ] as const) {
      await run(files, at(0));
      for (let later = 1; later <= bad; later++) await files.put(partialName(at(later), first), Buffer.alloc(0));
      await run(files, at(22), PARTITIONS.slice(1));
      expect((await merged(files, at(23))).context?.counted.get(first)).toBe(counted);
    }
  });

  it('readContext throws where storage refuses: what compares settings has no result without the context', async () => {
    const files = new MemoryContextFiles();
    const refusal = new StoreError('context: open', { status: 503 });
    vi.spyOn(files, 'open').mockRejectedValue(refusal);
    await expect(readContext(files, T)).rejects.toBe(refusal);
  });

  it('does not begin what was seen again where storage refuses all files of it', async () => {
    const files = new MemoryContextFiles();
    for (const hour of [0, 1, 2]) {
      await mergeContext(files, at(hour));
      await run(files, at(hour));
    }
    const whole = files.open.bind(files);
    const open = vi.spyOn(files, 'open');
    open.mockImplementation(async (name, most) => {
      if (name.startsWith('seen/')) throw new StoreError(`context: open of ${name}`, { status: 503 });
      return await whole(name, most);
    });
    const { context, fault } = await merged(files, at(3));
    expect([context, fault]).toEqual([null, `context: open of seen/${at(2)} failed (503)`]);
    const names = (await Array.fromAsync(files.names())).flat();
    expect(names).not.toContain(`seen/${at(3)}`);
  });

  it('takes an older partial where storage refuses the newest', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    await run(files, at(1));
    const name = partialName(at(1), '5' as Partition);
    const open = files.open.bind(files);
    vi.spyOn(files, 'open').mockImplementation(async (of, most) => {
      if (of === name) throw new StoreError(`context: open of ${name}`, { status: 409, code: 'BlobArchived' });
      return await open(of, most);
    });
    const { context, fault } = await merged(files, at(2));
    expect(context?.counted.get('5' as Partition)).toBe(T);
    expect(fault).toBe(`partition 5 counts its run of ${T}`);
  });

  it('is none with fewer than half of the partitions, and one with half', async () => {
    const files = new MemoryContextFiles();
    await run(files, T, PARTITIONS.slice(0, 7));
    const { context, fault } = await merged(files, at(1));
    expect(context).toBeNull();
    expect(fault).toContain('there is no context: 7 of 16 partitions');
    await run(files, T, PARTITIONS.slice(7, 8));
    expect((await merged(files, at(1))).context?.counted.size).toBe(8);
  });

  it('counts no run of its own hour or a later one: a repeat comes to the same', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    const first = await merged(files, at(1));
    await run(files, at(1));
    await run(files, at(2));
    expect((await merged(files, at(1))).context).toEqual(first.context);
  });

  it('knows what is new in a tenant that was observed for a day', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    expect((await merged(files, at(1))).context?.pairOf('beat.exe', NETWORK).newSince).toBeNull();
    for (const hours of [1, 30]) await run(files, at(hours));
    const late = partialOf(at(30), 99);
    const pair = pairsOf(late.pairs).get(pairHashOf('beat.exe', NETWORK));
    if (pair === undefined) throw new Error('no pair');
    const pairs = pairTableOf([[pairHashOf('new.exe', NETWORK), pair]]);
    await writePartial(files, at(30), 'f' as Partition, { ...late, pairs });
    const { context } = await merged(files, at(31));
    expect(context?.pairOf('new.exe', NETWORK).newSince).toBe(hourOf(at(29)));
    expect(context?.pairOf('beat.exe', NETWORK).newSince).toBeNull();
  });

  it('calls nothing new where a single old report is all that precedes it', async () => {
    const files = new MemoryContextFiles();
    for (const partition of PARTITIONS) {
      const part = partialOf(T, PARTITIONS.indexOf(partition));
      // Its clock was wrong; the reports of the tenant begin four hours before T.
      const stray = { firstHour: hourOf(T) - 60, users: [], regular: [] };
      const pairs = pairTableOf([...pairsOf(part.pairs), [pairHashOf('stray.exe', NETWORK), stray]]);
      const reports = part.reports.with(12, 1);
      await writePartial(files, T, partition, partition === '0' ? { ...part, pairs, reports } : part);
    }
    expect((await merged(files, at(1))).context?.pairOf('beat.exe', NETWORK).newSince).toBeNull();
  });

  it('knows which process more than few devices use in a network, over all partitions', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    const { pairs, ...partial } = partialOf(T, 99);
    const facts = pairsOf(pairs).get(pairHashOf('beat.exe', NETWORK));
    if (facts === undefined) throw new Error('no pair');
    const write = (partition: string, users: readonly number[]) =>
      writePartial(files, T, partition as Partition, {
        ...partial,
        pairs: pairTableOf([[pairHashOf('svc.exe', NETWORK), { ...facts, users, regular: [] }]]),
      });
    await write('e', [1]);
    await write('f', [1]);
    expect((await merged(files, at(1))).context?.pairOf('svc.exe', NETWORK).isShared).toBe(false);
    await write('f', [2, 3, 4]);
    const { context } = await merged(files, at(1));
    expect(context?.pairOf('svc.exe', NETWORK).isShared).toBe(true);
    expect(context?.pairOf('other.exe', NETWORK).isShared).toBe(false);
  });

  it('takes what was omitted for common and shared: nothing is known of it', () => {
    const known = fleetAt(T).context?.pairOf('a.exe', NETWORK);
    const full = fleetAt(T, { isFull: true }).context?.pairOf('a.exe', NETWORK);
    expect(known).toEqual({ regularDevices: 0, newSince: null, isShared: false });
    expect(full).toEqual({ regularDevices: Number.POSITIVE_INFINITY, newSince: null, isShared: true });
  });

  it('removes what is older than a day, and keeps what was seen first', async () => {
    const files = new MemoryContextFiles();
    for (let hour = 0; hour < 30; hour++) {
      await mergeContext(files, at(hour));
      await run(files, at(hour));
    }
    const names = (await Array.fromAsync(files.names())).flat();
    const partials = names.filter((name) => name.startsWith('partial/'));
    expect([partials.length, partials[0]]).toEqual([16 * 25, partialName(at(5), '0' as Partition)]);
    expect(names.filter((name) => name.startsWith('merged/'))).toHaveLength(25);
    expect(names.filter((name) => name.startsWith('seen/'))).toHaveLength(3);
    // After a pause of four days its partials are too old, and what was seen is still known.
    await run(files, at(130));
    await mergeContext(files, at(131));
    const { context } = await readContext(files, at(131));
    expect(context?.pairOf('beat.exe', NETWORK).newSince).toBeNull();
  });
});

describe('the files of the context', () => {
  it.each([
    [4, 0],
    [5, 1],
    [9, 2],
  ])('of %i MB takes one request, and %i further ones', async (megabytes, further) => {
    const files = new MemoryContextFiles();
    const head = encodeContextFile([Buffer.alloc(0)]).length + 16;
    await files.put('large', encodeContextFile([Buffer.alloc(megabytes * 1024 * 1024 - head, 7)]));
    const requests = [vi.spyOn(files, 'open'), vi.spyOn(files, 'read')];
    const bytes = await (await openContextFile(files, 'large')).section(0);
    expect(bytes.every((byte) => byte === 7)).toBe(true);
    expect(requests.map(({ mock }) => mock.calls.length)).toEqual([1, further]);
  });

  it('a range that storage refuses makes the file an unreadable one', async () => {
    const files = new MemoryContextFiles();
    await files.put('large', encodeContextFile([Buffer.alloc(5 * 1024 * 1024)]));
    const refusal = new StoreError('context: read of large', { status: 503 });
    vi.spyOn(files, 'read').mockRejectedValue(refusal);
    const section = (await openContextFile(files, 'large')).section(0);
    const error = await section.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreadableFileError);
    expect(error).toMatchObject({ message: refusal.message, refusal });
  });

  it('any byte that is changed or cut off is noticed', async () => {
    const files = new MemoryContextFiles();
    await run(files, T);
    await mergeContext(files, at(1));
    const name = mergedName(at(1));
    const whole = Buffer.from((await files.open(name, 1e9))?.bytes ?? []);
    const place = fc.nat(whole.length - 1);
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), fc.boolean(), async (where, change, isCut) => {
        const bytes = Buffer.from(isCut ? whole.subarray(0, where) : whole);
        if (!isCut) bytes[where] = (bytes[where] as number) ^ change;
        await files.put(name, bytes);
        const { context, fault } = await readContext(files, at(1));
        // The last section is read by the process view alone.
        const rare = await readContextFile(files, name, RARE_SECTION, decodeRare).catch(
          (error: Error) => error.message,
        );
        expect(context === null ? fault : rare).toMatch(/is damaged$|is of another version$/);
      }),
      { seed: 20_261_129, numRuns: tries(60, 5_000) },
    );
  });

  it('decodePartial(encodePartial(partial)) is the partial', () => {
    const hour = fc.integer({ min: hourOf(T) - 72, max: hourOf(T) });
    const use = fc.record({ device: fc.nat({ max: 2 ** 48 - 1 }), source: fc.nat(4), hour, process: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(use, { maxLength: 30 }), fc.integer({ min: 1, max: 3 }), (uses, most) => {
        const builder = new PartialBuilder(hourOf(T), most);
        for (const { device, source, hour: of, process } of uses) {
          builder.hours.mark(builder.hours.slotOf(device, source), of);
          const pair = builder.use(pairHashOf(`${process}`, NETWORK), device, of, of);
          if (of % 2 === 0) builder.regular(pair, device);
        }
        const partial = builder.build();
        const decoded = decodePartial(encodePartial(partial));
        expect(decoded.hours.keys()).toEqual(partial.hours.keys());
        for (let slot = 0; slot < partial.hours.slots; slot++) {
          for (let of = hourOf(T) - 73; of <= hourOf(T) + 1; of++) {
            expect(decoded.hours.groupsAt(slot, of)).toBe(partial.hours.groupsAt(slot, of));
          }
        }
        expect([pairsOf(decoded.pairs), decoded.isFull]).toEqual([pairsOf(partial.pairs), partial.isFull]);
        for (let slot = 0; slot < partial.pairs.size; slot++) {
          expect(decoded.pairs.stayingAt(slot)).toBe(partial.pairs.stayingAt(slot));
        }
      }),
      { seed: 20_261_129, numRuns: tries(40, 2_000) },
    );
  });
});
