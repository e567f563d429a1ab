import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import type { Detection } from '../src/core/detections/detection.ts';
import { HOUR_MS } from '../src/core/kql/timespan.ts';
import { type MemoryStores, memoryStores } from '../test/fakes/stores.ts';
import { detectionRows } from '../test/support/storage/detection_rows.ts';
import { sampleExports } from '../tools/sample/exports.ts';
import { type Plan, planTenant } from '../tools/sample/plan.ts';
import { program } from '../tools/sample/program.ts';
import { SAMPLE_HOURS } from '../tools/sample/span.ts';

const END = Date.parse('2026-11-20T09:00:00Z');
/** Minutes after the hour at which the last run is, and so the messages are. */
const AFTER_MS = 45 * 60_000;
export const TENANT_NOW = END + AFTER_MS;
const DEVICES = 40;
/** A detection opens, is decided by the next context, and has its severity. */
const RUNS = 3;

/** The detections that the app stores of the synthetic tenant, with one process more that changes its server. */
export async function tenantDetections(): Promise<readonly Detection[]> {
  let now = END;
  const stores = memoryStores({ clock: () => now });
  const settings = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', BASELINE_HOURS: '0' };
  const app = createApp(readConfig(settings), { stores, clock: () => now, sinks: [] });
  for (const { container, name, lines } of sampleExports(tenantPlan())) {
    stores.exports.append({ container, name }, Buffer.concat(lines));
  }
  for (let run = RUNS - 1; run >= 0; run--) {
    now = TENANT_NOW - run * HOUR_MS;
    await app.sweep();
    await drain(app, stores);
    await app.scoreWindows();
    await drain(app, stores);
  }
  return (await detectionRows(stores.detections)).map(({ detection }) => detection);
}

/** Hours for which the added process stays with one server. */
const HOURS_PER_SERVER = 3;

function tenantPlan(): Plan {
  const plan = planTenant({ devices: DEVICES, seed: 1, end: END });
  const rotating = program('edge-sync.exe', {
    folder: 'c:\\users\\public\\libraries',
    company: null,
    version: null,
    parent: 'wscript.exe',
    runBy: 'user',
  });
  const servers = Array.from({ length: SAMPLE_HOURS / HOURS_PER_SERVER }, (_, n) => ({
    program: rotating,
    remoteIP: `203.0.113.${200 + n}`,
    remoteUrl: null,
    ports: [443],
    outcome: 'success' as const,
    hours: { first: n * HOURS_PER_SERVER, length: HOURS_PER_SERVER, daily: false },
    pace: { kind: 'beacon' as const, intervalSeconds: 300, jitter: 0.2 },
    countless: 0,
  }));
  const home = plan.devices.findLastIndex(({ kind }) => kind !== 'laptop');
  const traffic = plan.traffic.map((groups, device) => (device === home ? [...groups, ...servers] : groups));
  return { ...plan, traffic };
}

async function drain(app: ReturnType<typeof createApp>, { queues }: MemoryStores): Promise<void> {
  for (const message of queues.ingest.splice(0)) await app.ingest(message);
  for (const message of queues.score.splice(0)) await app.scorePartition(message);
}
