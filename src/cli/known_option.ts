import { readFile, stat } from 'node:fs/promises';
import type { KnownOf } from '../core/detections/known.ts';
import { knownMatcher } from '../core/detections/known_matcher.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { checkKnownSize, KnownFileError, readKnownFile } from '../reading/known_file.ts';
import { CommandError, UsageError } from './errors.ts';
import type { DetectorChoice } from './score_detector.ts';
import { say, type Terminal } from './terminal.ts';

/**
 * What the file of `--known` says. Prints the lines that are not used. The nine columns of the KQL
 * rule have no severity.
 */
export async function knownFileOf(path: string, detector: DetectorChoice, terminal: Terminal): Promise<KnownOf> {
  if (detector === 'kql-rule') throw new UsageError('--known needs --detector all or regularity');
  const name = escapeForDisplay(path);
  try {
    checkKnownSize((await stat(path)).size);
    const { entries, faults } = readKnownFile(await readFile(path));
    for (const fault of faults) say(terminal, `${name}: not used: ${fault}`);
    return knownMatcher(entries);
  } catch (error) {
    if (error instanceof KnownFileError) throw new CommandError(`--known ${name}: ${error.message}`);
    if (error instanceof Error && 'code' in error) throw new CommandError(`--known ${name}: ${String(error.code)}`);
    throw error;
  }
}
