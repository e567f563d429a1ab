import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Counted } from '../../../../src/core/records/contribution.ts';
import {
  BadFileError,
  type CountFile,
  FileChangedError,
  openCountFile,
  readFrames,
} from '../../../../src/scoring/count_files/count_file.ts';
import { framesOf } from '../../../../src/scoring/count_files/directory.ts';
import { FileDraft } from '../../../../src/scoring/count_files/file_draft.ts';
import { FILE_SIZES, type FileSizes } from '../../../../src/scoring/count_files/file_sizes.ts';
import type { CountFileRef, CountFiles } from '../../../../src/storage/ports/count_files.ts';
import { P3 } from '../../../contract/samples.ts';
import { MemoryCountFiles } from '../../../fakes/count_files.ts';
import { tries } from '../../../support/effort.ts';
import { anyRows, DAY, inPagesOf, kept } from '../../../support/scoring/count_rows.ts';

const REF: CountFileRef = { partition: P3, day: DAY };
/** So that a few rows have frames, reads and blocks of all kinds. */
const TINY: FileSizes = { first: 600, read: 200, block: 150, frameRows: 4, frameText: 2000 };
const anySizes = fc.constantFrom(TINY, { ...TINY, first: 40 }, { ...TINY, first: 100_000 }, FILE_SIZES);

type Parts = ReadonlyMap<number, readonly Counted[]>;

/** The rows of each hour. */
function byHour(rows: readonly Counted[]): Parts {
  return Map.groupBy(rows, ({ Timestamp }) => Number(Timestamp.slice(11, 13)));
}

async function write(files: CountFiles, parts: Parts, sizes: FileSizes, version: string | null = null) {
  const draft = new FileDraft(files, REF, null, sizes);
  for (const [hour, rows] of parts) await draft.write(hour, inPagesOf(3, rows));
  return await draft.commit(version);
}

async function opened(files: CountFiles, sizes: FileSizes): Promise<CountFile> {
  const found = await openCountFile(files, REF, sizes);
  if (found.kind !== 'file') throw new Error(found.kind);
  return found.file;
}

async function read(files: CountFiles, sizes: FileSizes): Promise<Parts> {
  const file = await opened(files, sizes);
  const parts = new Map<number, readonly Counted[]>();
  for (const { hour, frames } of file.directory.parts) {
    const rows: Counted[] = [];
    for await (const frame of readFrames(files, file, frames, sizes)) while (frame.groupId !== '') frame.take(rows);
    // A group can go on in the next frame, which knows another program.
    parts.set(hour, kept(rows));
  }
  return parts;
}

/** What the parts hold when each is read by itself. */
function keptParts(parts: Parts): Parts {
  return new Map([...parts].sort(([a], [b]) => a - b).map(([hour, rows]) => [hour, kept(rows)]));
}

/** Ends with an error of ours, or gives what was written: never something else. */
async function outcome(files: CountFiles, sizes: FileSizes): Promise<Parts | 'refused'> {
  try {
    const found = await openCountFile(files, REF, sizes);
    return found.kind === 'file' ? await read(files, sizes) : 'refused';
  } catch (error) {
    expect(error).toBeInstanceOf(BadFileError);
    return 'refused';
  }
}

describe('a count file', () => {
  it('gives back its parts, whatever the sizes of its pieces', async () => {
    const round = fc.asyncProperty(anyRows, anySizes, anySizes, async (rows, written, asRead) => {
      const files = new MemoryCountFiles();
      const parts = byHour(rows);
      expect(await write(files, parts, written)).not.toBeNull();
      expect(await read(files, asRead)).toEqual(keptParts(parts));
    });
    await fc.assert(round, { numRuns: tries(60, 2000) });
  });

  it('keeps some parts and replaces others, in one piece or in blocks', async () => {
    const changes = fc.asyncProperty(
      anyRows,
      anyRows,
      fc.tuple(anySizes, anySizes),
      fc.uniqueArray(fc.nat(23)),
      async (first, second, [before, after], replaced) => {
        const files = new MemoryCountFiles();
        const version = await write(files, byHour(first), before);
        const old = await opened(files, before);
        const draft = new FileDraft(files, REF, old, after);
        for (const part of old.directory.parts) if (!replaced.includes(part.hour)) await draft.keep(part);
        for (const hour of replaced) await draft.write(hour, inPagesOf(3, byHour(second).get(hour) ?? []));
        expect(await draft.commit(version)).not.toBeNull();
        const expected = new Map(byHour(first));
        for (const hour of replaced) {
          const rows = byHour(second).get(hour);
          if (rows) expected.set(hour, rows);
          else expected.delete(hour);
        }
        expect(await read(files, after)).toEqual(keptParts(expected));
      },
    );
    await fc.assert(changes, { numRuns: tries(60, 2000) });
  });

  it('with any byte changed or cut anywhere is refused', async () => {
    const damage = fc.record({
      place: fc.double({ min: 0, max: 1, noNaN: true }),
      flip: fc.integer({ min: 0, max: 255 }),
    });
    const broken = fc.asyncProperty(anyRows, anySizes, damage, async (rows, sizes, { place, flip }) => {
      const files = new MemoryCountFiles();
      const version = await write(files, byHour(rows), sizes);
      const whole = Buffer.from((await files.open(REF, 1e9))?.bytes ?? []);
      const at = Math.min(whole.length - 1, Math.floor(place * whole.length));
      const bytes = flip === 0 ? whole.subarray(0, at) : Buffer.from(whole);
      if (flip !== 0) bytes[at] = (bytes[at] as number) ^ flip;
      await files.put(REF, bytes, version);
      expect(await outcome(files, sizes)).toBe('refused');
    });
    await fc.assert(broken, { numRuns: tries(100, 5000) });
  });

  it('of another day or partition, or of another program, is foreign', async () => {
    const files = new MemoryCountFiles();
    await write(files, new Map(), FILE_SIZES);
    const bytes = (await files.open(REF, 1e9))?.bytes ?? new Uint8Array();
    const elsewhere = { ...REF, day: '2026-11-21' };
    await files.put(elsewhere, bytes, null);
    expect(await openCountFile(files, elsewhere)).toMatchObject({ kind: 'unreadable', reason: 'foreign' });
    await files.put({ ...REF, day: '2026-11-22' }, Buffer.from('PAR1'), null);
    expect(await openCountFile(files, { ...REF, day: '2026-11-22' })).toMatchObject({ reason: 'foreign' });
    expect(await openCountFile(files, { ...REF, day: '2026-11-23' })).toEqual({ kind: 'missing' });
  });

  it('that changes while it is read is never read as a mixture', async () => {
    const files = new MemoryCountFiles();
    const rows = Array.from({ length: 40 }, (_, n) => row(n));
    const version = await write(files, new Map([[0, rows]]), TINY);
    const file = await opened(files, TINY);
    const frames = readFrames(files, file, file.directory.parts[0]?.frames ?? [], TINY);
    expect((await frames.next()).done).toBe(false);
    await write(files, new Map([[0, rows.slice(20)]]), TINY, version);
    await expect(Array.fromAsync(frames)).rejects.toBeInstanceOf(FileChangedError);
  });

  it('of few rows is written by one request and read by one; of one group by two', async () => {
    const calls: string[] = [];
    const files = noting(new MemoryCountFiles(), calls);
    const rows = Array.from({ length: 40 }, (_, n) => row(n));
    await write(files, new Map([[0, rows]]), FILE_SIZES);
    await read(files, FILE_SIZES);
    expect(calls).toEqual(['put', 'open']);
    const larger = new MemoryCountFiles();
    const many = Array.from({ length: 1000 }, (_, n) => row(n));
    await write(larger, new Map([[0, many]]), TINY);
    calls.length = 0;
    const noted = noting(larger, calls);
    const file = await opened(noted, { ...TINY, first: 10_000 });
    const frames = framesOf(file.directory.parts[0] as never, many[700]?.groupId as string);
    const found: Counted[] = [];
    for await (const frame of readFrames(noted, file, frames)) while (frame.groupId !== '') frame.take(found);
    expect(found.some(({ groupId }) => groupId === many[700]?.groupId)).toBe(true);
    expect(calls).toEqual(['open', 'read']);
  });
});

function row(n: number): Counted {
  const groupId = `3${n.toString(16).padStart(31, '0')}`;
  const key = { source: 'defender', DeviceName: `wks-${n}`, InitiatingProcessFileName: 'a.exe', RemoteIP: '192.0.2.1' };
  return {
    groupId,
    ...key,
    Timestamp: `${DAY}T00:00:01.0000000Z`,
    count: n,
    failed: false,
    programHash: null,
  } as Counted;
}

/** The same files; each call that reads or writes is noted. */
function noting(files: CountFiles, calls: string[]): CountFiles {
  return new Proxy(files, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return (...given: unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(call, target, given);
      };
    },
  });
}
