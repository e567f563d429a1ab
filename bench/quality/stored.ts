import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Origin } from '../harness/machine.ts';
import type { CaptureRun } from './captures/run_captures.ts';
import type { FleetSummary } from './fleet/summary.ts';
import type { SyntheticResults } from './synthetic.ts';

/** What docs/quality.md is made of, by name. */
export interface StoredQuality {
  readonly synthetic: SyntheticResults;
  readonly fleet: {
    readonly origin: Origin;
    readonly fleets: readonly FleetSummary[];
    readonly heldOut: readonly FleetSummary[];
  };
  readonly captures: CaptureRun & { readonly origin: Origin };
}

const STORED = fileURLToPath(new URL('../results/quality/', import.meta.url));

/** null where it was never measured. */
export function readQuality<Name extends keyof StoredQuality>(name: Name): StoredQuality[Name] | null {
  const path = `${STORED}${name}.json`;
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StoredQuality[Name]) : null;
}

/** All of them. Throws an Error that says how to measure what is missing. */
export function allQuality(): StoredQuality {
  const [synthetic, fleet, captures] = [readQuality('synthetic'), readQuality('fleet'), readQuality('captures')];
  if (synthetic === null || fleet === null) throw new Error('no stored results: npm run bench:quality');
  if (captures === null) throw new Error('no results of captures: npm run bench:quality -- --captures DIR');
  return { synthetic, fleet, captures };
}

export function writeQuality<Name extends keyof StoredQuality>(name: Name, results: StoredQuality[Name]): void {
  const path = `${STORED}${name}.json`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
}
