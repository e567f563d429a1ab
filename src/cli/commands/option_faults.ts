import { escapeForDisplay } from '../../core/text/escape.ts';
import type { InputFault } from '../../detections/input_faults.ts';

/** `--limit must be a whole number from 1 to 1000, got "0"`, a clause for each, with what the options were given. */
export function optionFaults(faults: readonly InputFault[], given: Readonly<Record<string, unknown>>): string {
  return faults
    .map(({ name, message }) => `--${name} ${message}, got "${escapeForDisplay(String(given[name] ?? ''))}"`)
    .join('; ');
}
