/**
 * Scores a made-up tenant of so many groups, two runs an hour apart, and says how it went: the process has nothing else
 * to do, so that its memory is that of scoring, of a page of rows, and of the detections, which it keeps as JSON.
 */
import type { Delivery, Detection } from '../src/core/detection.ts';
import { detectionIdOf } from '../src/core/detection.ts';
import { SEED_RULE } from '../src/core/rule.ts';
import { addMs, type Timestamp } from '../src/core/timestamp.ts';
import { PARTITIONS } from '../src/keys.ts';
import type { DetectionRow, Partition, Versioned } from '../src/ports.ts';
import { scorePartition } from '../src/score.ts';
import { MadeUpTenant } from '../test/fakes/made_up_tenant.ts';
import { memoryStores } from '../test/fakes/stores.ts';

const AS_OF = '2026-11-20T12:00:00.0000000Z' as Timestamp;
const HOUR_MS = 3_600_000;
const SETTINGS = { rule: SEED_RULE, technique: null, retentionDays: 4, historyDays: 90 };
const SINK = { name: 'soc', since: AS_OF, disabledAt: null, settings: '' };

/** Detections as JSON, told as soon as they are queued: as compact as a fake can be. */
class JsonDetections {
  readonly #rows = new Map<Partition, Map<string, { json: string; version: number }>>();
  readonly stores = {
    ...memoryStores(),
    detections: {
      ...memoryStores().detections,
      get: async (id: string) => this.#found(id),
      scan: (partition: Partition) => this.#scan(partition),
      insert: async (detection: Detection) => this.#put(detection, {}),
      update: async (detection: Detection) =>
        this.#put(detection, this.#found(detectionIdOf(detection))?.row.deliveries ?? {}),
    },
    queues: {
      ...memoryStores().queues,
      send: async (_queue: string, message: unknown) => {
        const row = this.#found((message as { detectionId: string }).detectionId)?.row as DetectionRow;
        const { episode, change } = row.detection;
        const soc = { episode, change, status: 'sent', attempts: 1, firstAt: 0, at: 0, answer: '200' } as const;
        this.#put(row.detection, { soc });
      },
    },
  };

  #found(id: string): Versioned<DetectionRow> | null {
    const found = this.#rows.get(id.slice(0, 1) as Partition)?.get(id);
    return found ? { row: JSON.parse(found.json) as DetectionRow, version: String(found.version) } : null;
  }

  #put(detection: Detection, deliveries: Record<string, Delivery>): string {
    const id = detectionIdOf(detection);
    const partition = id.slice(0, 1) as Partition;
    const rows = this.#rows.get(partition) ?? new Map<string, { json: string; version: number }>();
    this.#rows.set(partition, rows);
    const version = (rows.get(id)?.version ?? 0) + 1;
    rows.set(id, { json: JSON.stringify({ detection, deliveries }), version });
    return String(version);
  }

  async *#scan(partition: Partition): AsyncGenerator<readonly Versioned<DetectionRow>[]> {
    const ids = [...(this.#rows.get(partition)?.keys() ?? [])].sort();
    for (let start = 0; start < ids.length; start += 1000) {
      yield ids.slice(start, start + 1000).map((id) => this.#found(id) as Versioned<DetectionRow>);
    }
  }
}

const groups = Number(process.argv[2]);
const { stores } = new JsonDetections() as unknown as { stores: ReturnType<typeof memoryStores> };
const runs = [];
for (const asOf of [AS_OF, addMs(AS_OF, HOUR_MS)]) {
  const tenant = { ...stores, hourlyCounts: new MadeUpTenant(groups, asOf) } as unknown as typeof stores;
  const tally = { groups: 0, rows: 0, detections: 0, opened: 0, due: 0, requests: 0 };
  const started = performance.now();
  for (const partition of PARTITIONS) {
    const message = { partition, asOf, oldestUnreadMs: 0, newestReport: '' } as const;
    const run = await scorePartition(tenant, SETTINGS, [SINK], message, Date.now);
    for (const name of ['groups', 'rows', 'detections', 'opened', 'due'] as const) tally[name] += run[name];
    tally.requests += run.requests ?? 0;
  }
  runs.push({ ...tally, seconds: (performance.now() - started) / 1000 });
}
// maxRSS is in KiB.
console.log(JSON.stringify({ runs, peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6 }));
