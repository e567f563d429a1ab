import { expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

it.each(['REGULARITY_THRESHOLD=0.7', 'REGULARITY_RIPE=0.9', 'RARE_DEVICES=5', 'NEW_DAYS=3'])(
  'run --dry-run refuses --set %s, says why, and names the command that tries it',
  async (pair) => {
    const { code, stderr } = await beaconwatch(['run', '--dry-run', '--set', 'MIN_AVERAGE=30', '--set', pair]);
    expect(code).toBe(2);
    expect(stderr).toContain('compares matches of the KQL rule alone (LOOKBACK_DAYS, MIN_UNIFORM_PER_DAY, ');
    expect(stderr).toContain(`Try ${pair.split('=')[0]} over files: beaconwatch score DIR --set ${pair}`);
  },
);
