/** A line of a message: a fixed label, and a value that may hold text of the telemetry. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** null for no value. */
export function listFact(label: string, values: readonly string[]): Fact | null {
  return values.length === 0 ? null : { label, value: values.join(', ') };
}
