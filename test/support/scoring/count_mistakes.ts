import type { Day } from '../../../src/core/records/day.ts';
import { encodeDirectory } from '../../../src/scoring/count_files/directory.ts';
import type { CountFileRef, CountFiles } from '../../../src/storage/ports/count_files.ts';
import type { HourlyCounts, Partition, TouchedEntry } from '../../../src/storage/ports/hourly_counts.ts';
import type { Stage } from './count_schedule.ts';
import { changed, type Step, stepwiseStores, type World } from './count_world.ts';

/** Conditions of the protocol that are left out, as the stores show it: each must be found by some schedule. */
export const MISTAKES: Readonly<Record<string, Stage['storesOf']>> = {
  'an entry is written after the rows': (world, step) => {
    const stores = stepwiseStores(world, step);
    const { hourlyCounts } = world;
    return {
      ...stores,
      hourlyCounts: changed(stores.hourlyCounts, {
        merge: async (partition, day, rows, touched, options) => {
          const write = () => hourlyCounts.merge(partition, day, rows, touched, options);
          await step('rows.merge without entries', () => unannounced(hourlyCounts, partition, day, write));
          return step('rows.merge of entries', write);
        },
      }),
    };
  },
  'a file is written without its version': (world, step) =>
    withFiles(world, step, (files) => {
      const current = async (ref: CountFileRef) => (await world.countFiles.open(ref, 1))?.version ?? null;
      return {
        put: (ref, bytes) => step('files.put', async () => world.countFiles.put(ref, bytes, await current(ref))),
        commit: (ref, ids, version) =>
          step('files.commit', async () => world.countFiles.commit(ref, ids, (await current(ref)) ?? version)),
        open: (ref, most) => files.open(ref, most),
      };
    }),
  'an entry is deleted without its version': (world, step) => {
    const stores = stepwiseStores(world, step);
    const { hourlyCounts } = world;
    return {
      ...stores,
      hourlyCounts: changed(stores.hourlyCounts, {
        settle: (partition, day, entries) =>
          step('rows.settle', async () => {
            const named = new Set(entries.map(nameOf));
            const present = (await entriesOf(hourlyCounts, partition, day)).filter((entry) => named.has(nameOf(entry)));
            await hourlyCounts.settle(partition, day, present);
          }),
      }),
    };
  },
  'the version is read after the rows': (world, step) => {
    const stores = stepwiseStores(world, step);
    const read = new Map<string, string | null>();
    const noted = (pages: AsyncIterable<readonly object[]>, day: string) => noting(world, pages, day, read);
    return {
      hourlyCounts: changed(stores.hourlyCounts, {
        hour: (partition, hour) => noted(stores.hourlyCounts.hour(partition, hour), hour.slice(0, 10)) as never,
        day: (partition, day) => noted(stores.hourlyCounts.day(partition, day), day) as never,
        ofGroup: (hour, id) => noted(stores.hourlyCounts.ofGroup(hour, id), hour.slice(0, 10)) as never,
      }),
      countFiles: changed(stores.countFiles, {
        put: (ref, bytes, version) => stores.countFiles.put(ref, bytes, read.get(ref.day) ?? version),
        commit: (ref, ids, version) => stores.countFiles.commit(ref, ids, read.get(ref.day) ?? version),
      }),
    };
  },
  'an old file is trusted': (world, step) => {
    const known = new Map<string, Awaited<ReturnType<CountFiles['open']>>>();
    return withFiles(world, step, (files) => ({
      open: async (ref, most) => {
        const found = known.get(ref.day) ?? (await files.open(ref, most));
        known.set(ref.day, found);
        return found;
      },
      read: (ref, _version, start, end) =>
        step('files.read', async () => {
          const found = await world.countFiles.open(ref, 1e9);
          return found === null ? null : found.bytes.slice(start, end);
        }),
    }));
  },
  'parts are made one without the version of the file': (world, step) => {
    const stores = stepwiseStores(world, step);
    let entries = 0;
    const current = async (ref: CountFileRef) => (await world.countFiles.open(ref, 1))?.version ?? null;
    const versionOf = async (ref: CountFileRef, version: string | null) =>
      entries === 0 && version !== null ? await current(ref) : version;
    return {
      hourlyCounts: changed(stores.hourlyCounts, {
        touched: async function* (partition, day) {
          entries = 0;
          for await (const page of stores.hourlyCounts.touched(partition, day)) {
            entries += page.length;
            yield page;
          }
        },
      }),
      countFiles: changed(stores.countFiles, {
        put: (ref, bytes, version) =>
          step('files.put', async () => world.countFiles.put(ref, bytes, await versionOf(ref, version))),
        // A block that it keeps can be gone: only a file in one piece shows it.
        commit: (ref, ids, version) =>
          step('files.commit', async () => world.countFiles.commit(ref, ids, await versionOf(ref, version))),
      }),
    };
  },
  'a sealed file is written again': (world, step, kind) =>
    withFiles(world, step, (files) => ({
      open: async (ref, most) => {
        const found = await files.open(ref, most);
        return found !== null && kind === 'score' ? { ...found, isSealed: false } : found;
      },
    })),
  'rows go while an entry is left': (world, step, kind) => {
    const stores = stepwiseStores(world, step);
    if (kind !== 'seal') return stores;
    // Still a step.
    const touched: HourlyCounts['touched'] = async function* (partition, day) {
      for await (const page of stores.hourlyCounts.touched(partition, day)) yield page.slice(page.length);
    };
    return { ...stores, hourlyCounts: changed(stores.hourlyCounts, { touched }) };
  },
  'a file is not marked before its rows go': (world, step, kind) =>
    withFiles(world, step, (files) =>
      kind === 'seal' ? { mark: async (ref) => (await files.open(ref, 1))?.version ?? null } : {},
    ),
  'the table of a closed day is created again': (world, step) => {
    const stores = stepwiseStores(world, step);
    return {
      ...stores,
      hourlyCounts: changed(stores.hourlyCounts, {
        merge: (partition, day, rows, touched) =>
          step('rows.merge', () => world.hourlyCounts.merge(partition, day, rows, touched, { mayCreate: true })),
      }),
    };
  },
};

/** Mistakes that only show in schedules in which the real ingest reads exports, or in which a sealed file is lost. */
export const EXPORT_MISTAKES: Readonly<Record<string, Stage['storesOf']>> = {
  'an entry is written after the commit of its segment': (world, step) => {
    const stores = stepwiseStores(world, step);
    const { hourlyCounts, exports } = world;
    if (exports === null) return stores;
    const { exportStates } = exports.ground.stores;
    const late: (() => Promise<unknown>)[] = [];
    return {
      ...stores,
      hourlyCounts: changed(stores.hourlyCounts, {
        merge: (partition, day, rows, touched, options) => {
          const write = () => hourlyCounts.merge(partition, day, rows, touched, options);
          late.push(write);
          return step('rows.merge without entries', () => unannounced(hourlyCounts, partition, day, write));
        },
      }),
      exportStates: changed(exportStates, {
        get: (ref) => exportStates.get(ref),
        insert: (row) => exportStates.insert(row),
        replace: async (row, version) => {
          const written = await exportStates.replace(row, version);
          for (const write of late.splice(0)) await step('rows.merge of entries', write);
          return written;
        },
      }),
    };
  },
  'a missing file of a sealed day is taken for an empty one': (world, step) =>
    withFiles(world, step, (files) => ({
      open: async (ref, most) => {
        const found = await files.open(ref, most);
        const isSealed = !(await world.hourlyCounts.days()).includes(ref.day as Day);
        if (found !== null || !isSealed) return found;
        const bytes = encodeDirectory({ ...ref, day: ref.day as Day, parts: [] });
        return { version: 'none', length: bytes.length, bytes, isSealed };
      },
    })),
};

/** Writes rows; no entry announces them. */
async function unannounced<T>(
  counts: HourlyCounts,
  partition: Partition,
  day: Day,
  write: () => Promise<T>,
): Promise<T> {
  const before = await entriesOf(counts, partition, day);
  const answer = await write();
  const isNew = ({ version }: TouchedEntry) => !before.some((entry) => entry.version === version);
  const written = (await entriesOf(counts, partition, day)).filter(isNew);
  await counts.settle(partition, day, written);
  return answer;
}

function withFiles(world: World, step: Step, changes: (files: CountFiles) => Partial<CountFiles>) {
  const stores = stepwiseStores(world, step);
  return { ...stores, countFiles: changed(stores.countFiles, changes(stores.countFiles)) };
}

async function entriesOf(counts: HourlyCounts, partition: Partition, day: Day): Promise<TouchedEntry[]> {
  return (await Array.fromAsync(counts.touched(partition, day))).flat();
}

function nameOf({ hour, groupId, segmentId }: TouchedEntry): string {
  return `${hour} ${groupId} ${segmentId}`;
}

async function* noting<T>(
  world: World,
  pages: AsyncIterable<T>,
  day: string,
  read: Map<string, string | null>,
): AsyncGenerator<T> {
  yield* pages;
  read.set(day, (await world.countFiles.open({ partition: '3' as Partition, day }, 1))?.version ?? null);
}
