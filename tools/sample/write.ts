import { Buffer } from 'node:buffer';
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Append } from './appends.ts';
import { SAMPLE_FORMATS, type SampleFormat, type SampleFormatName } from './formats.ts';
import { type Plan, planTenant, type SampleOptions, type SeededBeacon } from './plan.ts';
import { seededBeaconsIn } from './seeded_beacons_seen.ts';

export interface WriteSampleOptions extends SampleOptions {
  /** Folder to write into; created if missing. */
  readonly out: string;
  /** Format of the exports; `defender` by default. */
  readonly format?: SampleFormatName;
  /** Receives the number of exports so far, after each new export. */
  readonly onProgress?: (exports: number) => void;
}

export interface WrittenSample {
  readonly exports: number;
  /** All lines, unreadable ones included. */
  readonly lines: number;
  readonly bytes: number;
  /** Aggregated reports, or single connections; each counted once. */
  readonly reports: number;
  readonly duplicates: number;
  readonly late: number;
  readonly unreadable: number;
  readonly seededBeacons: readonly SeededBeacon[];
}

/** The path holds other files than a sample, or is a file. */
export class SampleFolderError extends Error {
  override readonly name = 'SampleFolderError';
}

/** The description of the seeded beacons. `score` skips names that begin with `_`. */
export const SEEDED_BEACONS_FILE = '_seeded-beacons.json';

/**
 * Writes a sample tenant: `out/<container>/<blob name>` for each export, and `out/_seeded-beacons.json` with the seeded
 * beacons and the expected results of the rule. An earlier sample is replaced. Throws a SampleFolderError, and writes
 * nothing, if the folder holds anything else.
 */
export async function writeSample(options: WriteSampleOptions): Promise<WrittenSample> {
  const { out, format: name = 'defender', onProgress } = options;
  const plan = planTenant(options);
  const format: SampleFormat = SAMPLE_FORMATS[name];
  const seededBeacons = seededBeaconsIn(plan.seededBeacons, format.sources[0]);
  await clear(out);
  await mkdir(out, { recursive: true });
  const description = new SeededBeaconsFile(out, plan, name, seededBeacons);
  // Written first, so that a half-written folder is recognized as a sample.
  await description.write([], null);

  const totals = { exports: 0, lines: 0, bytes: 0, reports: 0, duplicates: 0, late: 0, unreadable: 0 };
  const faults: object[] = [];
  const seen = new Set<string>();
  for (const append of format.appends(plan)) {
    totals.bytes += await writeAppend(out, append);
    totals.lines += append.lines.length;
    totals.reports += append.reports;
    totals.duplicates += append.duplicates;
    totals.late += append.late;
    totals.unreadable += append.unreadable.length;
    faults.push(...append.unreadable.map((fault) => ({ blob: append.name, ...fault })));
    if (seen.has(append.name)) continue;
    seen.add(append.name);
    totals.exports++;
    onProgress?.(totals.exports);
  }
  await description.write(faults, totals);
  return { ...totals, seededBeacons };
}

/** Deletes an earlier sample, and nothing else. */
async function clear(out: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    if (hasCode(error, 'ENOTDIR')) throw new SampleFolderError(`${out} is a file: name a folder`, { cause: error });
    throw error;
  }
  if (names.length === 0) return;
  if (!names.includes(SEEDED_BEACONS_FILE)) {
    throw new SampleFolderError(`${out} is not empty and holds no sample: name another folder, or empty this one`);
  }
  const containers = new Set(Object.values(SAMPLE_FORMATS).map(({ container }) => container));
  for (const container of containers) await rm(join(out, container), { recursive: true, force: true });
}

/** Appends the lines to their file. Returns the number of bytes. */
async function writeAppend(out: string, { container, name, lines }: Append): Promise<number> {
  const path = join(out, container, ...name.split('/'));
  const content = Buffer.concat(lines);
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, content);
  return content.length;
}

/** `_seeded-beacons.json`, for programs that check the detections. */
class SeededBeaconsFile {
  readonly #path: string;
  readonly #facts: object;
  readonly #seededBeacons: readonly SeededBeacon[];

  constructor(out: string, plan: Plan, format: SampleFormatName, seededBeacons: readonly SeededBeacon[]) {
    this.#path = join(out, SEEDED_BEACONS_FILE);
    this.#seededBeacons = seededBeacons;
    this.#facts = {
      about:
        'A synthetic tenant of Beaconwatch. `expected` is the result of the rule with its default settings and asOf = window.to. The rule may also find other groups.',
      ...(format === 'defender' ? {} : { format, sources: SAMPLE_FORMATS[format].sources }),
      ...(plan.plain ? { plain: true } : {}),
      seed: plan.seed,
      devices: plan.devices.length,
      window: { from: new Date(plan.start).toISOString(), to: new Date(plan.end).toISOString() },
    };
  }

  async write(unreadable: readonly object[], totals: object | null): Promise<void> {
    const content = { ...this.#facts, totals, seededBeacons: this.#seededBeacons, unreadable };
    await writeFile(this.#path, `${JSON.stringify(content, null, 2)}\n`);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
