import { counted } from '../../core/text/numbers.ts';
import type { Counters } from '../../storage/ports/export_states.ts';

/** Reports that were read and not counted, with the reason, as the end of a clause; '' if there are none. */
export function skippedText({ excluded, expired }: Pick<Counters, 'excluded' | 'expired'>): string {
  return [
    excluded === 0 ? '' : `, ${counted(excluded, 'report')} on addresses out of scope`,
    expired === 0 ? '' : `, ${counted(expired, 'report')} older than RETENTION_DAYS`,
  ].join('');
}
