import type { Buffer } from 'node:buffer';
import { type SampleExport, sampleExports } from '../../../tools/sample/exports.ts';
import { type Plan, planTenant, type SampleOptions } from '../../../tools/sample/plan.ts';
import { rowOf } from './rule.ts';

export const END = Date.UTC(2026, 10, 23, 9);
export const HOUR = 3_600_000;

export interface Tenant {
  readonly plan: Plan;
  readonly exports: readonly SampleExport[];
  /** All lines of all exports. */
  readonly lines: readonly Buffer[];
}

export function tenant(options: Partial<SampleOptions> = {}): Tenant {
  const plan = planTenant({ devices: 40, seed: 1, end: END, ...options });
  const exports = [...sampleExports(plan)];
  return { plan, exports, lines: exports.flatMap((sample) => sample.lines) };
}

/** The readable rows of a tenant. */
export function rowsOf({ lines }: Tenant): Record<string, unknown>[] {
  return lines.map(rowOf).filter((row) => row !== null);
}

/** The record in a line, envelope and all. */
export function recordOf(line: Buffer): Record<string, unknown> {
  return JSON.parse(line.toString());
}

export function isReport(row: Record<string, unknown>): boolean {
  return String(row['ActionType']).endsWith('AggregatedReport');
}

/** The properties of an export's readable lines, as text; those with a bad time left out. */
export function readableProperties({ lines, unreadable }: SampleExport): string[] {
  return lines
    .filter((_, i) => !unreadable.some(({ line }) => line === i + 1))
    .map((line) => JSON.stringify(recordOf(line)['properties']));
}
