import type { ThreadRead } from '../../../src/cli/read_parts.ts';
import { OfflineCounts } from '../../../src/scoring/offline_counts.ts';
import type { OfflineRow } from '../../../src/scoring/offline_row.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';

/** The rows of all threads, and the facts of their parts in order. */
export async function handedOver(all: readonly ThreadRead[]) {
  const counts = new OfflineCounts();
  for (const read of all) if (read.ok) counts.take(read.runs);
  const rows: OfflineRow[] = [];
  for (const partition of PARTITIONS) for await (const page of counts.scan(partition)) rows.push(...page);
  counts.close();
  const parts = all.flatMap((read) => (read.ok ? read.parts : []));
  const inFiles = all.filter((read) => read.ok && read.runs.bytes.file !== null).length;
  const facts = parts.sort((a, b) => a.part - b.part).map(({ part, facts: { newest } }) => ({ part, newest }));
  return { rows, facts, inFiles };
}
