import { type Plan, planTenant } from '../../../tools/sample/plan.ts';
import type { PlannedTraffic } from '../../../tools/sample/traffic.ts';
import { END } from './tenant.ts';

/** Hours of a thin tenant: more than the minimum of 12. */
const FIRST_HOUR = 30;
const HOURS = 14;

/** A tenant with one seeded beacon of each kind and little else, for 14 hours: a few thousand connections. */
export function thinPlan({ plain = true, devices = 4 } = {}): Plan {
  const name = `${plain} ${devices}`;
  const known = plans.get(name) ?? freshPlan(plain, devices);
  plans.set(name, known);
  return known;
}

const plans = new Map<string, Plan>();

function freshPlan(plain: boolean, devices: number): Plan {
  const plan = planTenant({ devices, seed: 1, end: END, plain });
  const seededOn = (device: number) =>
    plan.seededBeacons.filter((each) => each.device === plan.devices[device]?.name).length;
  const kinds = new Set<string>();
  const traffic = plan.traffic.map((groups, device) => {
    const beacons = groups.slice(0, seededOn(device)).filter((group) => {
      const kind = kindOf(plan, device, group);
      // Each hostile name counts as a kind of its own.
      const isNew = kind === 'beacon-hostile-name' || !kinds.has(kind);
      kinds.add(kind);
      return isNew;
    });
    const background = groups.slice(seededOn(device));
    // The slow and steady groups, and some one-offs.
    return [...beacons, ...background.slice(0, 2), ...background.slice(-5)].map(shortened);
  });
  return { ...plan, traffic };
}

function kindOf(plan: Plan, device: number, { program, remoteIP }: PlannedTraffic): string {
  const isSame = (each: Plan['seededBeacons'][number]) =>
    each.device === plan.devices[device]?.name && each.process === program.fileName && each.remoteIP === remoteIP;
  return plan.seededBeacons.find(isSame)?.kind ?? '';
}

function shortened(group: PlannedTraffic): PlannedTraffic {
  const { first, length, daily } = group.hours;
  const wanted = daily || length > HOURS ? { first: FIRST_HOUR, length: HOURS } : { first, length };
  return { ...group, hours: { ...wanted, daily: false } };
}
