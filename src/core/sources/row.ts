import type { Fault, Reading } from '../records/reading.ts';

/** An object of JSON, of which nothing is known yet. */
export type Row = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fault(fault: Fault): Reading {
  return { kind: 'fault', fault };
}
