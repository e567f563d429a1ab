import type { ReadFault, Reading } from '../records/reading.ts';

/** A JSON object with unchecked members. */
export type JsonRow = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `field`: the field that is the reason, by the record's own name for it. */
export function fault(fault: ReadFault, field?: string): Reading {
  return field === undefined ? { kind: 'fault', fault } : { kind: 'fault', fault, field };
}
