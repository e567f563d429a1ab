import type { Config } from '../config.ts';
import type { Sink } from '../notify/sink.ts';
import type { KnownBlob } from '../reading/stored_known.ts';
import type { OwnersBlob } from '../reading/stored_owners.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Stores } from '../storage/ports/stores.ts';

/** What the use cases work with. */
export interface UseCaseParts {
  readonly config: Config;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly sinks: readonly Sink[];
  /** The databases of the operator, as the account has them. */
  readonly owners: OwnersBlob;
  readonly known: KnownBlob;
}
