/**
 * The long tests: all tests with far more tries (LONG=1), the random schedules of ingest on the emulator, more killed
 * workers, the quality of the detectors, and mutation of src/core. All parts run, also after one that fails. `npm run long -- soak` runs that part alone.
 */
import { spawnSync } from 'node:child_process';

const PARTS: Readonly<Record<string, readonly string[]>> = {
  tests: ['node_modules/vitest/vitest.mjs', 'run'],
  soak: ['scripts/soak.ts', '--seconds', '900'],
  'soak-azurite': ['scripts/soak.ts', '--seconds', '600', '--azurite'],
  quality: ['bench/quality.ts', '--check', 'all'],
  mutation: ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run'],
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) {
  console.error(`unknown part: ${unknown.join(', ')}. Parts: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}

const env = { ...process.env, LONG: '1', SOAK_RUNS: '3000', SOAK_AZURITE_RUNS: '40', KILLS: '25' };
const failed: string[] = [];
for (const name of named.length > 0 ? named : Object.keys(PARTS)) {
  console.log(`── ${name}`);
  const { status } = spawnSync(process.execPath, PARTS[name] ?? [], { stdio: 'inherit', env });
  if (status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? 'all long tests passed' : `failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
