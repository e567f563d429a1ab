import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TABLE_HOURS } from '../../../../src/core/regularity/hour_bits.ts';
import { HourTable } from '../../../../src/core/regularity/hour_table.ts';
import { MIN_PROCESS_HOURS, processRegularityOf } from '../../../../src/core/regularity/process_view.ts';
import type { FleetContext } from '../../../../src/scoring/context/fleet_context.ts';
import { PossibleProcess } from '../../../../src/scoring/context/possible_process.ts';
import { tries } from '../../../support/effort.ts';

const LAST_HOUR = 494_000;
const KEY = { source: 'defender', DeviceName: 'ws-1', InitiatingProcessFileName: 'rot.exe' } as const;
const THRESHOLDS = { match: 0.3, ripe: 0.7 };

/** Hours of an even process that follow each other, each to one of a few addresses; some have other numbers of connections. */
const processes = fc.record({
  first: fc.nat(TABLE_HOURS - 20),
  length: fc.integer({ min: 1, max: 12 }),
  addresses: fc.integer({ min: 1, max: 4 }),
  rate: fc.integer({ min: 1, max: 30 }),
  jitter: fc.nat(3),
});

it('PossibleProcess rejects no process that the detector matches', () => {
  // Without hours of the device every hour counts as one with it on.
  const context = { hours: new HourTable(LAST_HOUR) } as FleetContext;
  const possible = new PossibleProcess(context, THRESHOLDS.match, LAST_HOUR);
  const matched = new Set<number>();
  let rejected = 0;
  fc.assert(
    fc.property(processes, ({ first, length, addresses, rate, jitter }) => {
      const sorted = Array.from({ length }, (_, n) => first + n);
      const groups = Array.from({ length: addresses }, (_, address) => {
        const own = sorted.filter((_hour, at) => at % addresses === address);
        const seconds = own.map((hour) => (LAST_HOUR - TABLE_HOURS + 2 + hour) * 3_600 + 60);
        const counts = own.map((hour) => rate + (hour % (jitter + 1)));
        return { RemoteIP: `198.51.100.${address}`, pair: 1, matchesByItself: false, seconds, counts };
      });
      const timed = groups.map(({ seconds, counts, ...group }) => ({
        ...{ ...group, devices: 1 },
        counts: seconds.map((second, at) => ({ second, count: counts[at] as number })),
      }));
      const found = processRegularityOf(timed, 1, null, 3_600, THRESHOLDS);
      const isPossible = possible.of(KEY, groups);
      if (!isPossible) rejected++;
      if (!found.measured || found.way === null) return;
      matched.add(sorted.length);
      expect(isPossible).toBe(true);
    }),
    { seed: 20_261_130, numRuns: tries(1_500, 20_000) },
  );
  expect(matched).toContain(MIN_PROCESS_HOURS);
  expect(rejected).toBeGreaterThan(50);
});
