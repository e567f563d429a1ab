import { type Plan, planTenant } from '../../../tools/sample/plan.ts';
import type { PlannedTraffic } from '../../../tools/sample/traffic.ts';
import { END } from './tenant.ts';

/** Hours of a thin tenant: enough to be found in. */
const FIRST_HOUR = 30;
const HOURS = 14;

/** A tenant with one plant of each kind and little else, for 14 hours: a few thousand connections. */
export function thinPlan({ plain = true, devices = 4 } = {}): Plan {
  const plan = planTenant({ devices, seed: 1, end: END, plain });
  const planted = (device: number) => plan.plants.filter((plant) => plant.device === plan.devices[device]?.name).length;
  const kinds = new Set<string>();
  const traffic = plan.traffic.map((groups, device) => {
    const plants = groups.slice(0, planted(device)).filter((group) => {
      const kind = kindOf(plan, device, group);
      // Hostile names are a kind of their own each.
      const isNew = kind === 'beacon-hostile-name' || !kinds.has(kind);
      kinds.add(kind);
      return isNew;
    });
    const background = groups.slice(planted(device));
    // What is slow and steady, and some of those that come and go.
    return [...plants, ...background.slice(0, 2), ...background.slice(-5)].map(shortened);
  });
  return { ...plan, traffic };
}

function kindOf(plan: Plan, device: number, { program, remoteIP }: PlannedTraffic): string {
  const isIt = (plant: Plan['plants'][number]) =>
    plant.device === plan.devices[device]?.name && plant.process === program.fileName && plant.remoteIP === remoteIP;
  return plan.plants.find(isIt)?.kind ?? '';
}

function shortened(group: PlannedTraffic): PlannedTraffic {
  const { first, length, daily } = group.hours;
  const wanted = daily || length > HOURS ? { first: FIRST_HOUR, length: HOURS } : { first, length };
  return { ...group, hours: { ...wanted, daily: false } };
}
