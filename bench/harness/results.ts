import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MeasuredSides } from './interleave.ts';
import type { Origin } from './machine.ts';
import type { Summary } from './statistics.ts';

/** What a benchmark found: its raw numbers, and what they come to. */
export interface Results {
  readonly name: string;
  readonly origin: Origin;
  /** Whether it was run in full: as the documentation has it. */
  readonly full: boolean;
  readonly rounds: number;
  /** The work: bytes, lines, groups, … by name. */
  readonly work: Readonly<Record<string, number>>;
  readonly measured: MeasuredSides;
  /** By contestant and number: median and quartiles of its rounds. */
  readonly summaries: Readonly<Record<string, Readonly<Record<string, Summary>>>>;
  /** The numbers that goals are about, by name. */
  readonly outcomes: Readonly<Record<string, BenchOutcome>>;
  /** Rivals that took no part, and why. */
  readonly skipped: readonly string[];
}

/** A number with a goal. */
export interface BenchOutcome {
  readonly value: number;
  /** Quartiles, where it is the median of rounds. */
  readonly spread?: readonly [number, number];
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
}

/** What the documentation is made of. */
export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
/** Where the results of a smaller run go: ignored by git. */
const TRIED = fileURLToPath(new URL('../../.local/bench/results/', import.meta.url));

/** All benchmarks, in the order of the documentation. */
export const NAMES = [
  'score',
  'threads',
  'raw',
  'ingest',
  'requests',
  'series',
  'tenant',
  'detectors',
  'start',
  'memory',
  'growth',
] as const;

export function isMet({ value, atMost, atLeast }: BenchOutcome): boolean {
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
}

export function writeResults(results: Results, folder = results.full ? RESULTS : TRIED): void {
  const path = `${folder}${results.name}.json`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, rounded, 1)}\n`);
}

/** Null where there are none. */
export function readResults(name: string, folder = RESULTS): Results | null {
  const path = `${folder}${name}.json`;
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results) : null;
}

/** In the order of the documentation; those that were never run are left out. */
export function allResults(folder = RESULTS): readonly Results[] {
  return NAMES.map((name) => readResults(name, folder)).filter((results) => results !== null);
}

/** Six digits are more than any clock here is good for. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
