import { decodeDetection, encodeDetection } from '../../src/storage/azure/detections_codec.ts';
import type { NewTableRow, TableRow } from '../../src/storage/azure/table.ts';
import { PARTITIONS } from '../../src/storage/keys.ts';
import type { ActiveList, DetectionRow, Detections } from '../../src/storage/ports/detections.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { Versioned } from '../../src/storage/ports/versioned.ts';

const VERSION = '1';

/**
 * Detections as they were, whatever is written later: each pass over them has the same work. They are kept as text, and decoded when
 * they are read, as the adapter on Azure decodes the service's answers; what is written is encoded, and forgotten.
 */
export async function knownDetections(before: Detections): Promise<Detections> {
  const pages = new Map<Partition, readonly string[]>();
  for (const partition of PARTITIONS) pages.set(partition, await pagesOf(before, partition));
  const rows = new Map([...pages.values()].flatMap((of) => of.flatMap((page) => rowTexts(page))));
  // The process view asks for those of processes alone.
  const ofProcesses = [...rows.values()].filter((row) => row.includes('"RemoteIP":"*"'));
  return {
    get: async (id) => rowsOf(rows.get(id) ?? '[]')[0] ?? null,
    async *scan(partition) {
      for (const page of pages.get(partition) ?? []) yield rowsOf(page);
    },
    async *summaries() {
      for (const row of ofProcesses) yield summariesOf(row);
    },
    summaryPage: async () => ({ rows: [], next: null }),
    async *activeLists() {
      for (const partition of PARTITIONS) for (const page of pages.get(partition) ?? []) yield rowsOf(page).map(listOf);
    },
    insert: async (detection) => written(encodeDetection(detection)),
    update: async (detection) => written(encodeDetection(detection)),
    async updateAll(rows) {
      for (const { detection } of rows) written(encodeDetection(detection));
      return [];
    },
    mark: async () => VERSION,
    recordVerdict: async () => VERSION,
    listAddresses: async () => VERSION,
    remove: async () => {},
  };
}

async function pagesOf(detections: Detections, partition: Partition): Promise<string[]> {
  const pages: string[] = [];
  for await (const page of detections.scan(partition))
    pages.push(JSON.stringify(page.map(({ row }) => encodeDetection(row.detection))));
  return pages;
}

/** Each row as a page of its own, by id. */
function rowTexts(page: string): [id: string, page: string][] {
  return (JSON.parse(page) as NewTableRow[]).map((row) => [row.rowKey, JSON.stringify([row])]);
}

function rowsOf(page: string): Versioned<DetectionRow>[] {
  const rows = JSON.parse(page) as NewTableRow[];
  return rows.map((row) => ({ row: decodeDetection(answered(row)), version: VERSION }));
}

function listOf({ row, version }: Versioned<DetectionRow>): Versioned<ActiveList> {
  return { row: { id: row.detection.groupId, otherAddresses: row.otherAddresses ?? null }, version };
}

function summariesOf(page: string) {
  return rowsOf(page).map(({ row }) => ({ ...row, detection: { ...row.detection, account: '', ports: [] } }));
}

/** As the service answers: an Int64 comes as a bigint. */
function answered(row: NewTableRow): TableRow {
  const columns = Object.entries(row).map(([name, value]) => [name, typed(value)]);
  return { ...Object.fromEntries(columns), etag: VERSION } as TableRow;
}

function typed(column: unknown): unknown {
  if (typeof column !== 'object' || column === null) return column;
  const { value, type } = column as { readonly value: unknown; readonly type: string };
  return type === 'Int64' ? BigInt(value as string) : value;
}

function written(row: NewTableRow): string {
  return row.rowKey === '' ? '' : VERSION;
}
