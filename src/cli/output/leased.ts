import { counted } from '../../core/text/numbers.ts';

/** The problem that other workers hold leases; none where there are none. `leaseEnds`: ms since the epoch. */
export function leasedText(leaseEnds: readonly number[]): readonly string[] {
  if (leaseEnds.length === 0) return [];
  const until = new Date(Math.max(...leaseEnds)).toISOString();
  return [
    `${counted(leaseEnds.length, 'export')} leased by another worker, until ${until} at the latest; ` +
      'if that worker has stopped, run the same command again then',
  ];
}
