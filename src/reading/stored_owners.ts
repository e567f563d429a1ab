import type { OwnerOf } from '../core/detections/owner.ts';
import type { ContextFiles } from '../storage/ports/context.ts';
import { MAX_OWNER_BYTES, OwnerDatabaseError, ownerDatabase } from './owner_database.ts';
import { ReadOnce } from './read_once.ts';

/** The blob that an operator puts into the container `context`. */
export const OWNERS_BLOB = 'owners.mmdb';

/** What is known of the database of owners. */
export interface StoredOwners {
  readonly ownerOf: OwnerOf;
  /** Why it is not used, a sentence; '' where it is, or is not there. */
  readonly fault: string;
}

/** The database of owners in the account, which is read once: a newer blob counts from the next start. */
export class OwnersBlob extends ReadOnce<StoredOwners> {
  constructor(files: Pick<ContextFiles, 'open'>) {
    super(() => read(files));
  }

  /** No owners where storage fails, and where the blob is absent, damaged or too large. */
  async owners(): Promise<OwnerOf> {
    return (await this.getOr({ ownerOf: noOwner, fault: '' })).ownerOf;
  }
}

async function read(files: Pick<ContextFiles, 'open'>): Promise<StoredOwners> {
  const found = await files.open(OWNERS_BLOB, MAX_OWNER_BYTES);
  if (found === null) return { ownerOf: noOwner, fault: '' };
  try {
    if (found.length > MAX_OWNER_BYTES) {
      throw new OwnerDatabaseError(`it has ${found.length} bytes, and at most ${MAX_OWNER_BYTES} are read`);
    }
    return { ownerOf: ownerDatabase(found.bytes), fault: '' };
  } catch (error) {
    if (!(error instanceof OwnerDatabaseError)) throw error;
    const fault = `${OWNERS_BLOB} in the container context is not used: ${error.message}`;
    return { ownerOf: noOwner, fault };
  }
}

function noOwner(): null {
  return null;
}
