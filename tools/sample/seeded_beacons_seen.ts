import type { SampleSource } from './formats.ts';
import type { SeededBeacon } from './plan.ts';
import { RECIPES } from './seeded_beacons.ts';
import { windowsName } from './spelling.ts';

/** The plants as a source tells of them: under the process names that it has, and found where it sees enough. */
export function seededBeaconsIn(plants: readonly SeededBeacon[], source: SampleSource): readonly SeededBeacon[] {
  switch (source) {
    case 'defender':
      return plants;
    case 'defender-raw':
      // Connections one by one count where they succeed.
      return plants.map((plant) => (FAILING.has(plant.kind) ? { ...plant, expected: 'missed' } : plant));
    case 'sysmon':
      return plants.map((plant) => ({ ...plant, process: nameOr(plant.process, '<unknown process>') }));
    case 'wfp':
      return plants.map((plant) => ({ ...plant, process: nameOr(plant.process, null) }));
  }
}

const FAILING = new Set(RECIPES.filter(({ outcome }) => outcome === 'failed').map(({ kind }) => kind));

/** Case is folded, as Windows does not care for it. */
function nameOr(process: string | null, unknown: string | null): string | null {
  return process === null ? unknown : windowsName(process).toLowerCase();
}
