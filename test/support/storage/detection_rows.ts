import { PARTITIONS } from '../../../src/storage/keys.ts';
import type { DetectionRow, Detections } from '../../../src/storage/ports/detections.ts';

/** All rows of Detections, in key order. */
export async function detectionRows(detections: Pick<Detections, 'scan'>): Promise<DetectionRow[]> {
  const rows: DetectionRow[] = [];
  for (const partition of PARTITIONS) {
    for await (const page of detections.scan(partition)) rows.push(...page.map(({ row }) => row));
  }
  return rows;
}
