import { readFile, stat } from 'node:fs/promises';
import type { OwnerOf } from '../core/detections/owner.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { groupedText } from '../core/text/numbers.ts';
import { MAX_OWNER_BYTES, OwnerDatabaseError, ownerDatabase } from '../reading/owner_database.ts';
import { CommandError, UsageError } from './errors.ts';
import type { DetectorChoice } from './score_detector.ts';

/** The database of `--owners`. The nine columns of the KQL rule have no place for an owner. */
export async function ownersOf(path: string, detector: DetectorChoice): Promise<OwnerOf> {
  if (detector === 'kql-rule') throw new UsageError('--owners needs --detector all or regularity');
  const name = escapeForDisplay(path);
  try {
    const { size } = await stat(path);
    if (size > MAX_OWNER_BYTES) {
      throw new CommandError(
        `--owners ${name} has ${groupedText(size)} bytes, and at most ${groupedText(MAX_OWNER_BYTES)} are read`,
      );
    }
    return ownerDatabase(await readFile(path));
  } catch (error) {
    if (error instanceof OwnerDatabaseError) {
      throw new CommandError(`--owners ${name}: ${error.message}; give a file such as GeoLite2-ASN.mmdb`);
    }
    if (error instanceof Error && 'code' in error) throw new CommandError(`--owners ${name}: ${String(error.code)}`);
    throw error;
  }
}
