import type { ReadFault, Reading } from '../records/reading.ts';

/** A JSON object with unchecked members. */
export type JsonRow = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fault(fault: ReadFault): Reading {
  return { kind: 'fault', fault };
}
