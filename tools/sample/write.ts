import { Buffer } from 'node:buffer';
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Append } from './appends.ts';
import { SAMPLE_FORMATS, type SampleFormat, type SampleFormatName } from './formats.ts';
import { type Plan, planTenant, type SampleOptions, type SeededBeacon } from './plan.ts';
import { seededBeaconsIn } from './seeded_beacons_seen.ts';

export interface WriteSampleOptions extends SampleOptions {
  /** Folder to write into; made where it is not there. */
  readonly out: string;
  /** How the tenant is written; as Defender's Streaming API does, where it is not said. */
  readonly format?: SampleFormatName;
  /** Told after each new export how many there are so far. */
  readonly onProgress?: (exports: number) => void;
}

export interface WrittenSample {
  readonly exports: number;
  /** All lines, unreadable ones too. */
  readonly lines: number;
  readonly bytes: number;
  /** Aggregated reports, or connections one by one; each counted once. */
  readonly reports: number;
  readonly duplicates: number;
  readonly late: number;
  readonly unreadable: number;
  readonly plants: readonly SeededBeacon[];
}

/** The folder that was given holds something that is no sample, or is no folder. */
export class SampleFolderError extends Error {
  override readonly name = 'SampleFolderError';
}

/** What was planted; a name with `_` in front is no export. */
export const SEEDED_BEACONS_FILE = '_planted.json';

/**
 * Writes a sample tenant: `out/<container>/<blob name>` for each export, and beside them `out/_planted.json`, which says
 * what was planted and what the rule makes of it. An earlier sample is replaced; anything else in the folder is a
 * SampleFolderError, and nothing is written.
 */
export async function writeSample(options: WriteSampleOptions): Promise<WrittenSample> {
  const { out, format: name = 'defender', onProgress } = options;
  const plan = planTenant(options);
  const format: SampleFormat = SAMPLE_FORMATS[name];
  const plants = seededBeaconsIn(plan.plants, format.sources[0]);
  await clear(out);
  await mkdir(out, { recursive: true });
  const planted = new PlantedFile(out, plan, name, plants);
  // First, so that a folder that was left half-written is known as ours.
  await planted.write([], null);

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
  await planted.write(faults, totals);
  return { ...totals, plants };
}

/** Makes room: takes an earlier sample away, and nothing but that. */
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
    throw new SampleFolderError(`${out} is not empty, and holds no sample: name another folder, or empty this one`);
  }
  const containers = new Set(Object.values(SAMPLE_FORMATS).map(({ container }) => container));
  for (const container of containers) await rm(join(out, container), { recursive: true, force: true });
}

/** Puts the lines behind what the file holds; how many bytes that are. */
async function writeAppend(out: string, { container, name, lines }: Append): Promise<number> {
  const path = join(out, container, ...name.split('/'));
  const content = Buffer.concat(lines);
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, content);
  return content.length;
}

/** `_planted.json`: what was planted, for who wants to know whether it is found. */
class PlantedFile {
  readonly #path: string;
  readonly #facts: object;
  readonly #plants: readonly SeededBeacon[];

  constructor(out: string, plan: Plan, format: SampleFormatName, plants: readonly SeededBeacon[]) {
    this.#path = join(out, SEEDED_BEACONS_FILE);
    this.#plants = plants;
    this.#facts = {
      about:
        'A made-up tenant of Beaconwatch. What the rule should make of what was planted, with its default settings and asOf = window.to; of all other groups nothing is said.',
      ...(format === 'defender' ? {} : { format, sources: SAMPLE_FORMATS[format].sources }),
      ...(plan.plain ? { plain: true } : {}),
      seed: plan.seed,
      devices: plan.devices.length,
      window: { from: new Date(plan.start).toISOString(), to: new Date(plan.end).toISOString() },
    };
  }

  async write(unreadable: readonly object[], totals: object | null): Promise<void> {
    const planted = { ...this.#facts, totals, plants: this.#plants, unreadable };
    await writeFile(this.#path, `${JSON.stringify(planted, null, 2)}\n`);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
