import { TableClient, type TransactionAction } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Day } from '../../src/core/records/day.ts';
import { encodeExportState, exportRowKeyOf } from '../../src/storage/azure/export_states_codec.ts';
import { encodeContribution, encodeTouched } from '../../src/storage/azure/hourly_counts_codec.ts';
import { countsTableOf } from '../../src/storage/azure/names.ts';
import type { ExportState } from '../../src/storage/ports/export_states.ts';
import type { ExportRef } from '../../src/storage/ports/exports.ts';
import type { Stores } from '../../src/storage/ports/stores.ts';
import { takingCounts } from './streaming_counts.ts';

/** A request as the SDK is asked for it, with everything made that can be made before. */
type Call = (sdk: Sdk) => Promise<unknown>;

interface Sdk {
  readonly blobs: BlobServiceClient;
  readonly exports: TableClient;
  readonly counts: (day: Day) => TableClient;
  /** The version of the row that was written last. */
  readonly versions: Map<string, string>;
}

export interface Recording {
  readonly calls: { readonly call: Call; readonly isMerge: boolean }[];
}

/** The same stores, and a recording of what an ingest asks of them. */
export function recorded(stores: Stores, { calls }: Recording): Stores {
  const record = (call: Call, isMerge = false): void => void calls.push({ call, isMerge });
  const { exports, exportStates, hourlyCounts } = stores;
  return {
    ...stores,
    exports: {
      list: (container) => exports.list(container),
      info(ref) {
        record(({ blobs }) => blobOf(blobs, ref).getProperties());
        return exports.info(ref);
      },
      read(ref, start, end) {
        if (end > start) record(({ blobs }) => drain(blobOf(blobs, ref), start, end));
        return exports.read(ref, start, end);
      },
    },
    exportStates: {
      list: (container) => exportStates.list(container),
      remove: (ref) => exportStates.remove(ref),
      get(ref) {
        record(({ exports: table }) => table.getEntity(ref.container, exportRowKeyOf(ref)).catch(none));
        return exportStates.get(ref);
      },
      insert(state) {
        const row = encodeExportState(state);
        record(async ({ exports: table, versions }) =>
          versions.set(keyOf(state), (await table.createEntity(row)).etag ?? ''),
        );
        return exportStates.insert(state);
      },
      replace(state, version) {
        const row = encodeExportState(state);
        record(async ({ exports: table, versions }) => {
          const etag = versions.get(keyOf(state)) ?? '';
          versions.set(keyOf(state), (await table.updateEntity(row, 'Replace', { etag })).etag ?? '');
        });
        return exportStates.replace(state, version);
      },
    },
    hourlyCounts: takingCounts({
      merge(partition, day, rows, touched, options) {
        const written: TransactionAction[] = rows.map((row) => ['upsert', encodeContribution(row), 'Replace']);
        const announced: TransactionAction[] = touched.map((each) => [
          'upsert',
          encodeTouched(partition, each),
          'Replace',
        ]);
        record(({ counts }) => counts(day).submitTransaction([...written, ...announced]), true);
        return hourlyCounts.merge(partition, day, rows, touched, options);
      },
    }),
  };
}

/** Makes the recorded calls with the SDK alone, in their order, as many merges at once as the merger has. */
export async function replayCalls({ calls }: Recording, connectionString: string, mergesAtOnce: number): Promise<void> {
  const table = (name: string) =>
    TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true });
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  const sdk = {
    blobs,
    exports: table('Exports'),
    counts: (day: Day) => table(countsTableOf(day)),
    versions: new Map(),
  };
  const merging = new Set<Promise<unknown>>();
  for (const { call, isMerge } of calls) {
    if (!isMerge) {
      await call(sdk);
      continue;
    }
    while (merging.size >= mergesAtOnce) await Promise.race(merging);
    const merge: Promise<unknown> = call(sdk).finally(() => merging.delete(merge));
    merging.add(merge);
  }
  await Promise.all(merging);
}

function blobOf(blobs: BlobServiceClient, { container, name }: ExportRef) {
  return blobs.getContainerClient(container).getBlobClient(name);
}

async function drain(blob: ReturnType<typeof blobOf>, start: number, end: number): Promise<number> {
  const { readableStreamBody } = await blob.download(start, end - start);
  let bytes = 0;
  for await (const piece of readableStreamBody ?? []) bytes += (piece as Buffer).length;
  return bytes;
}

function keyOf({ container, name }: ExportState): string {
  return `${container}/${name}`;
}

/** A row that is not there yet. */
function none(error: unknown): null {
  if ((error as { statusCode?: number }).statusCode === 404) return null;
  throw error;
}
