import type { Fault } from '../../detections/input_faults.ts';
import { shown } from '../../core/text/escape.ts';

/** `--limit must be a whole number from 1 to 1000, got "0"`, a clause for each, with what the options were given. */
export function optionFaults(faults: readonly Fault[], given: Readonly<Record<string, unknown>>): string {
  return faults.map(({ name, says }) => `--${name} ${says}, got "${shown(String(given[name] ?? ''))}"`).join('; ');
}
