import { Buffer } from 'node:buffer';
import { type StorageClientOptions, storageClients } from '../../../src/storage/azure/clients.ts';
import { azureStores } from '../../../src/storage/azure/index.ts';
import type { Clock } from '../../../src/storage/ports/clock.ts';
import type { ExportInfo, ExportRef } from '../../../src/storage/ports/exports.ts';
import type { ContributionRow, HourlyCounts } from '../../../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { storesWith } from '../../fakes/stores_with.ts';
import { REFUSED_DEVICE } from './author.ts';

/** Stores, and the exporter beside them. */
export interface Ground {
  readonly stores: Stores;
  append(ref: ExportRef, bytes: Uint8Array): Promise<void>;
  replace(ref: ExportRef, bytes: Uint8Array): Promise<void>;
  remove(ref: ExportRef): Promise<void>;
}

/** Stores in memory, which read in pieces of random sizes where they are given a random. */
export function memoryGround(clock: Clock, random?: () => number): Ground {
  const stores = memoryStores({ clock, ...(random && { random }) });
  return {
    stores: refusing(stores),
    append: async (ref, bytes) => stores.exports.append(ref, bytes),
    replace: async (ref, bytes) => stores.exports.replace(ref, bytes),
    remove: async (ref) => stores.exports.remove(ref),
  };
}

/** Stores on an empty account of the emulator, but the times of the exports by our clock: it runs days in a second. */
export function azureGround(connectionString: string, clock: Clock, options: StorageClientOptions = {}): Ground {
  const connection = { kind: 'connectionString', value: connectionString } as const;
  const stores = azureStores(storageClients(connection, options));
  const blobs = storageClients(connection).blobs;
  const times = new Map<string, { created: number; lastModified: number }>();
  const timed = (info: ExportInfo): ExportInfo => ({ ...info, ...times.get(keyOf(info)) });

  const write = async (ref: ExportRef, bytes: Uint8Array, anew: boolean): Promise<void> => {
    const container = blobs.getContainerClient(ref.container);
    await container.createIfNotExists();
    const blob = container.getAppendBlobClient(ref.name);
    if (anew) await blob.create();
    const data = Buffer.from(bytes);
    if (data.length > 0) await blob.appendBlock(data, data.length);
    const now = clock();
    times.set(keyOf(ref), { created: anew ? now : (times.get(keyOf(ref))?.created ?? now), lastModified: now });
  };
  return {
    stores: {
      ...refusing(stores),
      exports: {
        read: (ref, start, end) => stores.exports.read(ref, start, end),
        info: async (ref) => {
          const info = await stores.exports.info(ref);
          return info && timed(info);
        },
        list: async (container) => {
          const infos = await stores.exports.list(container);
          return infos === 'missing' ? infos : mapped(infos, timed);
        },
      },
    },
    append: (ref, bytes) => write(ref, bytes, !times.has(keyOf(ref))),
    replace: (ref, bytes) => write(ref, bytes, true),
    remove: async ({ container, name }) => {
      await blobs.getContainerClient(container).getAppendBlobClient(name).deleteIfExists();
      times.delete(keyOf({ container, name }));
    },
  };
}

function keyOf({ container, name }: ExportRef): string {
  return `${container}/${name}`;
}

async function* mapped<T>(items: AsyncIterable<T>, change: (item: T) => T): AsyncGenerator<T> {
  for await (const item of items) yield change(item);
}

/** In front of HourlyCounts: refuses the rows of one device, as the service would. */
export function refusing(stores: Stores): Stores {
  return refusingRows(stores, (row) => row.DeviceName === REFUSED_DEVICE);
}

export function refusingRows(stores: Stores, isRefused: (row: ContributionRow) => boolean): Stores {
  const { hourlyCounts } = stores;
  const merge: HourlyCounts['merge'] = async (partition, day, rows, touched, options) => {
    const refused = rows.filter(isRefused).map((row) => ({ row, code: 'EntityTooLarge' }));
    const others = rows.filter((row) => !isRefused(row));
    const refusals = await hourlyCounts.merge(partition, day, others, touched, options);
    return refusals === 'closed' ? refusals : [...refusals, ...refused];
  };
  return storesWith(stores, { hourlyCounts: { merge } });
}
