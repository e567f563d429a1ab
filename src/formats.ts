import type { Format } from './core/reading.ts';
import { defender } from './core/sources/defender.ts';

/** The formats of the active sources, in the order in which they are tried on a record. */
export const FORMATS: readonly Format[] = [defender];
