/**
 * Counts what an hourly run of one partition asks of storage, on a tenant that is made as it is read, and writes it to
 * bench/hourly.json: docs/costs.md is computed from it. The run that builds the files, one with nothing new, and a usual one.
 *
 *   npm run bench:hourly && npm run costs
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { HourlyRuns } from '../scripts/run_model.ts';
import { hourlyRuns } from '../test/support/scoring/hourly_runs.ts';
import { DiskCountFiles } from './harness/disk_count_files.ts';

const SIZES = [250, 10_000, 100_000];
const chosen = process.argv.slice(2).map(Number);

const runs: HourlyRuns['runs'] = [];
for (const devices of chosen.length > 0 ? chosen : SIZES) {
  const files = new DiskCountFiles();
  const found = await hourlyRuns(devices, files);
  files.close();
  runs.push({ devices, ...found });
  const { usual, quiet, scanned } = found;
  console.log(
    `${devices} devices, one partition: usual ${usual.requests} requests, ${usual.rows} rows of ${scanned}; quiet ${quiet.requests}, ${quiet.rows}`,
  );
}
const measured: HourlyRuns = { measured: new Date().toISOString().slice(0, 10), command: 'npm run bench:hourly', runs };
if (chosen.length === 0) {
  const path = fileURLToPath(new URL('hourly.json', import.meta.url));
  await writeFile(path, `${JSON.stringify(measured, null, 2)}\n`);
}
