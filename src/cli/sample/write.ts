import { Buffer } from 'node:buffer';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CONTAINER, type SampleExport, sampleExports } from './exports.ts';
import { type Plan, type Plant, planTenant, type SampleOptions } from './plan.ts';

export interface WriteSampleOptions extends SampleOptions {
  /** Folder to write into; made where it is not there. */
  readonly out: string;
  /** Told after each export how many there are so far, and how many there will be at most. */
  readonly onProgress?: (exports: number, atMost: number) => void;
}

export interface WrittenSample {
  readonly exports: number;
  /** All lines, unreadable ones too. */
  readonly lines: number;
  readonly bytes: number;
  /** Aggregated reports, each counted once. */
  readonly reports: number;
  readonly duplicates: number;
  readonly late: number;
  readonly unreadable: number;
  readonly plants: readonly Plant[];
}

/** The folder that was given holds something that is no sample, or is no folder. */
export class SampleFolderError extends Error {
  override readonly name = 'SampleFolderError';
}

/** What was planted; a name with `_` in front is no export. */
export const PLANTED = '_planted.json';

/** 72 hours of events, the hour after them, and one for repeats. */
const MOST_EXPORTS = 74;

/**
 * Writes a sample tenant: `out/<container>/<blob name>` for each export, and beside them `out/_planted.json`, which says
 * what was planted and what the rule makes of it. An earlier sample is replaced; anything else in the folder is a
 * SampleFolderError, and nothing is written.
 */
export async function writeSample({ out, onProgress, ...options }: WriteSampleOptions): Promise<WrittenSample> {
  const plan = planTenant(options);
  await clear(out);
  await mkdir(out, { recursive: true });
  // First, so that a folder that was left half-written is known as ours.
  await writePlanted(out, plan, [], null);

  const totals = { exports: 0, lines: 0, bytes: 0, reports: 0, duplicates: 0, late: 0, unreadable: 0 };
  const faults: object[] = [];
  for (const written of sampleExports(plan)) {
    totals.bytes += await writeExport(out, written);
    totals.exports++;
    totals.lines += written.lines.length;
    totals.reports += written.reports;
    totals.duplicates += written.duplicates;
    totals.late += written.late;
    totals.unreadable += written.unreadable.length;
    faults.push(...written.unreadable.map((fault) => ({ blob: written.name, ...fault })));
    onProgress?.(totals.exports, MOST_EXPORTS);
  }
  await writePlanted(out, plan, faults, totals);
  return { ...totals, plants: plan.plants };
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
  if (!names.includes(PLANTED)) {
    throw new SampleFolderError(`${out} is not empty, and holds no sample: name another folder, or empty this one`);
  }
  await rm(join(out, CONTAINER), { recursive: true, force: true });
}

async function writeExport(out: string, { container, name, lines }: SampleExport): Promise<number> {
  const path = join(out, container, ...name.split('/'));
  const content = Buffer.concat(lines);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return content.length;
}

async function writePlanted(
  out: string,
  plan: Plan,
  unreadable: readonly object[],
  totals: object | null,
): Promise<void> {
  const planted = {
    about:
      'A made-up tenant of Beaconwatch. What the rule should make of what was planted, with its default settings and asOf = window.to; of all other groups nothing is said.',
    seed: plan.seed,
    devices: plan.devices.length,
    window: { from: new Date(plan.start).toISOString(), to: new Date(plan.end).toISOString() },
    totals,
    plants: plan.plants,
    unreadable,
  };
  await writeFile(join(out, PLANTED), `${JSON.stringify(planted, null, 2)}\n`);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
