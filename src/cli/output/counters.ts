import { counted } from '../../core/text/numbers.ts';
import type { Counters } from '../../storage/ports/export_states.ts';

/** Reports that were read and not counted, with the reason, as the end of a clause; '' if there are none. */
export function skippedText({
  excluded,
  expired,
  overGroupLimit,
}: Pick<Counters, 'excluded' | 'expired' | 'overGroupLimit'>): string {
  return [
    excluded === 0 ? '' : `, ${counted(excluded, 'report')} on addresses out of scope`,
    expired === 0 ? '' : `, ${counted(expired, 'report')} older than RETENTION_DAYS`,
    overGroupLimit === 0 ? '' : `, ${counted(overGroupLimit, 'report')} of devices with too many groups (dead-letters)`,
  ].join('');
}
