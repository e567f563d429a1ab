import type { SampleSource } from './formats.ts';
import type { SeededBeacon } from './plan.ts';
import { RECIPES } from './seeded_beacons.ts';
import { windowsName } from './spelling.ts';

/** The seeded beacons in the telemetry of a source: with its process names, and with its result of the rule. */
export function seededBeaconsIn(seededBeacons: readonly SeededBeacon[], source: SampleSource): readonly SeededBeacon[] {
  switch (source) {
    case 'defender':
      return seededBeacons;
    case 'defender-raw':
      // Single connections count only if they succeed.
      return seededBeacons.map((beacon) => (FAILING.has(beacon.kind) ? { ...beacon, expected: 'missed' } : beacon));
    case 'sysmon':
      return seededBeacons.map((beacon) => ({ ...beacon, process: nameOr(beacon.process, '<unknown process>') }));
    case 'wfp':
      return seededBeacons.map((beacon) => ({ ...beacon, process: nameOr(beacon.process, null) }));
  }
}

const FAILING = new Set(RECIPES.filter(({ outcome }) => outcome === 'failed').map(({ kind }) => kind));

/** In lower case: Windows ignores case. */
function nameOr(process: string | null, unknown: string | null): string | null {
  return process === null ? unknown : windowsName(process).toLowerCase();
}
