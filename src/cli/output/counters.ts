import { counted } from '../../core/text/counted.ts';
import type { Counters } from '../../storage/ports/export_states.ts';

/** Reports that were read and did not count, with the reason, to stand behind those that did; '' where there are none. */
export function skippedText({ excluded, expired }: Pick<Counters, 'excluded' | 'expired'>): string {
  return [
    excluded === 0 ? '' : `, ${counted(excluded, 'report')} on addresses that the rule does not look at`,
    expired === 0 ? '' : `, ${counted(expired, 'report')} older than RETENTION_DAYS`,
  ].join('');
}
