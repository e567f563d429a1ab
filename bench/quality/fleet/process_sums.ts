import { type MeasuredProcess, processRegularityOf } from '../../../src/core/regularity/process_view.ts';
import type { SeenFleet, SeenGroup } from './seen_fleet.ts';

/** A process on a device that uses several rare addresses. */
export interface ProcessSum {
  readonly key: string;
  /** One of its groups. */
  readonly first: SeenGroup;
  /** null where it does not match. */
  readonly match: MeasuredProcess | null;
}

/** The process view of a run, over the context of that run. */
export function processSums(seen: readonly SeenGroup[], context: Omit<SeenFleet, 'regular'>): ProcessSum[] {
  return [...rareGroups(seen, context)].flatMap(([key, groups]): ProcessSum[] => {
    const [first] = groups;
    return first === undefined || groups.length < 2 ? [] : [{ key, first, match: matchOf(first, groups, context) }];
  });
}

/** By device and process: the groups whose process and network few devices use. */
function rareGroups(
  seen: readonly SeenGroup[],
  { users, few }: Pick<SeenFleet, 'users' | 'few'>,
): ReadonlyMap<string, readonly SeenGroup[]> {
  const processes = new Map<string, SeenGroup[]>();
  for (const each of seen) {
    if ((users.get(each.looks.pair)?.size ?? 0) > few) continue;
    const key = `${each.looks.DeviceName}|${each.looks.group.installation.pair.process}`;
    const groups = processes.get(key);
    if (groups === undefined) processes.set(key, [each]);
    else groups.push(each);
  }
  return processes;
}

function matchOf(
  { looks: { DeviceName } }: SeenGroup,
  groups: readonly SeenGroup[],
  { users, few, deviceHours }: Omit<SeenFleet, 'regular'>,
): MeasuredProcess | null {
  const addresses = groups.map(({ looks, look }) => ({
    ...{ RemoteIP: looks.group.address, counts: look.counts },
    devices: users.get(looks.pair)?.size ?? 0,
    matchesByItself: look.regularity?.measured === true && look.regularity.way !== null,
  }));
  const deviceOn = deviceHours.onBeside({ source: 'defender', DeviceName, hours: new Set() });
  const assessment = processRegularityOf(addresses, few, deviceOn);
  return assessment.measured && assessment.way !== null ? assessment : null;
}
