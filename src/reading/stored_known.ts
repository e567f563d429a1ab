import { type KnownOf, NOTHING_KNOWN } from '../core/detections/known.ts';
import { knownMatcher } from '../core/detections/known_matcher.ts';
import { counted } from '../core/text/numbers.ts';
import type { ContextFiles } from '../storage/ports/context.ts';
import { checkKnownSize, KnownFileError, MAX_KNOWN_BYTES, readKnownFile } from './known_file.ts';
import { ReadOnce } from './read_once.ts';

/** The blob that an operator puts into the container `context`. */
export const KNOWN_BLOB = 'known.csv';

/** What is known of the file. */
export interface StoredKnown {
  readonly knownOf: KnownOf;
  /** Why it, or a part of it, is not used: a sentence without its end; '' where it is, or is not there. */
  readonly fault: string;
}

/** The file of known networks and programs in the account, which is read once: a newer one counts from the next start. */
export class KnownBlob extends ReadOnce<StoredKnown> {
  constructor(files: Pick<ContextFiles, 'open'>) {
    super(() => read(files));
  }
}

async function read(files: Pick<ContextFiles, 'open'>): Promise<StoredKnown> {
  const found = await files.open(KNOWN_BLOB, MAX_KNOWN_BYTES);
  if (found === null) return { knownOf: NOTHING_KNOWN, fault: '' };
  try {
    checkKnownSize(found.length);
    const { entries, faults } = readKnownFile(found.bytes);
    return { knownOf: knownMatcher(entries), fault: faultText(faults) };
  } catch (error) {
    if (!(error instanceof KnownFileError)) throw error;
    return { knownOf: NOTHING_KNOWN, fault: `${KNOWN_BLOB} in the container context is not used: ${error.message}` };
  }
}

const NAMED = 5;

function faultText(faults: readonly string[]): string {
  if (faults.length === 0) return '';
  const more = faults.length > NAMED ? `; and ${counted(faults.length - NAMED, 'more line')}` : '';
  const lines = `${counted(faults.length, 'line')} of ${KNOWN_BLOB} in the container context`;
  return `${lines} ${faults.length === 1 ? 'is' : 'are'} not used: ${faults.slice(0, NAMED).join('; ')}${more}`;
}
