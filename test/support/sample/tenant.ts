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

const tenants = new Map<string, Tenant>();

/** The tenant of these options. It is generated once per worker; treat it as read-only. */
export function tenant(options: Partial<SampleOptions> = {}): Tenant {
  const name = JSON.stringify({ devices: 40, seed: 1, end: END, ...options });
  const known = tenants.get(name) ?? freshTenant(options);
  tenants.set(name, known);
  return known;
}

/** The same, generated again. */
export function freshTenant(options: Partial<SampleOptions> = {}): Tenant {
  const plan = planTenant({ devices: 40, seed: 1, end: END, ...options });
  const exports = [...sampleExports(plan)];
  return { plan, exports, lines: exports.flatMap((sample) => sample.lines) };
}

const rowsByTenant = new WeakMap<Tenant, readonly Record<string, unknown>[]>();

/** The readable rows of a tenant, parsed once. */
export function rowsOf(tenant: Tenant): readonly Record<string, unknown>[] {
  const known = rowsByTenant.get(tenant) ?? tenant.lines.map(rowOf).filter((row) => row !== null);
  rowsByTenant.set(tenant, known);
  return known;
}

/** The record in a line, envelope and all. */
export function recordOf(line: Buffer): Record<string, unknown> {
  return JSON.parse(line.toString());
}

export function isReport(row: Record<string, unknown>): boolean {
  return String(row['ActionType']).endsWith('AggregatedReport');
}

/** The properties of an export's readable lines, as text; without those with an invalid time. */
export function readableProperties({ lines, unreadable }: SampleExport): string[] {
  return lines
    .filter((_, i) => !unreadable.some(({ line }) => line === i + 1))
    .map((line) => JSON.stringify(recordOf(line)['properties']));
}
