import { escapeForDisplay } from '../../core/text/escape.ts';
import type { InputFault } from '../../detections/input_faults.ts';

/** One clause per fault, with the value given: `--limit must be a whole number from 1 to 1000, got "0"`. */
export function optionFaults(faults: readonly InputFault[], given: Readonly<Record<string, unknown>>): string {
  return faults
    .map(({ name, message }) => `--${name} ${message}, got "${escapeForDisplay(String(given[name] ?? ''))}"`)
    .join('; ');
}
