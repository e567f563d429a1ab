import { hash } from 'node:crypto';
import type { Needed, Reading } from '../core/records/reading.ts';
import type { Report } from '../core/records/report.ts';
import type { RecordPlace } from '../storage/ports/dead_letters.ts';
import type { Line } from './line.ts';

/** A report and its place. */
export interface LocatedReport extends RecordPlace {
  readonly report: Report;
  /** Members that the record does not have; absent where nothing is lacking. */
  readonly lacks?: readonly Needed[];
  /** For a raw event 52 bits of SHA-256 over its trimmed line; else 0. */
  readonly digest: number;
}

/** The report of a line with one record. */
export function locatedAt(line: Line, { report, lacks }: Reading & { readonly kind: 'report' }): LocatedReport {
  const { offset, length } = line;
  const located = { report, offset, length, record: 0, digest: report.identity === null ? lineDigestOf(line) : 0 };
  return lacks === undefined ? located : { ...located, lacks };
}

/** 52 bits of SHA-256 over a line. */
export function lineDigestOf(line: Line): number {
  return Number.parseInt(hash('sha256', line.bytes).slice(0, 13), 16);
}
