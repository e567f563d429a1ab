/**
 * Counts what one run of the local system asks of storage, by operation and function, on the sample tenant whose exports
 * grow meanwhile, and writes it to bench/local_requests.json: the numbers that docs/costs.md is computed from.
 *
 *   npm run bench:local-requests && npm run costs
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Measured } from '../scripts/cost_model.ts';
import { SAMPLE } from '../tools/local/inputs.ts';
import { SAMPLE_HOURS } from '../tools/sample/span.ts';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const REPORT = path('.local/requests-report.json');

interface Report {
  readonly uploaded: { readonly bytes: number };
  readonly outcome: {
    readonly segments: number;
    readonly counters: { readonly lines: number; readonly reports: number };
    readonly groups: number;
    readonly rows: number;
    readonly detections: number;
  };
  readonly notifications: number;
  readonly requests: Measured['requests'];
  readonly invocations: readonly { readonly function: string; readonly lines: readonly string[] }[];
}

await rm(REPORT, { force: true });
const built = path('.local/requests');
await run([path('scripts/build.ts'), built]);
await run([`${built}/beaconwatch.js`, 'local', '--format', 'json', '--report', REPORT]);
const report = JSON.parse(await readFile(REPORT, 'utf8')) as Report;

const invocations: Measured['invocations'] = {};
for (const { function: name, lines } of report.invocations) {
  invocations[name] ??= { count: 0, durationMs: 0, lineBytes: 0 };
  const sum = invocations[name];
  sum.count++;
  for (const line of lines) {
    sum.durationMs += (JSON.parse(line) as { durationMs: number }).durationMs;
    sum.lineBytes += line.length;
  }
}
const { segments, counters, groups, rows, detections } = report.outcome;
const measured: Measured = {
  measured: new Date().toISOString().slice(0, 10),
  command: 'npm run bench:local-requests',
  on: `Node ${process.versions.node}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, against Azurite`,
  devices: SAMPLE.devices,
  hours: SAMPLE_HOURS,
  bytes: report.uploaded.bytes,
  lines: counters.lines,
  reports: counters.reports,
  rows,
  groups,
  segments,
  detections,
  notifications: report.notifications,
  invocations,
  requests: report.requests,
};
await writeFile(path('bench/local_requests.json'), `${JSON.stringify(measured, null, 2)}\n`);
await rm(built, { recursive: true, force: true });

/** Runs Node to its end, what it says on stderr shown. */
async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
}
