import {
  type BaselineState,
  baselineAfter,
  baselinePhaseOf,
  NO_BASELINE_YET,
  telemetryHoursOf,
} from '../../../src/core/detections/baseline.ts';
import { type FleetLimits, ruleSeverityOf } from '../../../src/core/detections/severity.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { RegularDevices } from '../../../src/core/regularity/regular_devices.ts';
import type { Match } from '../../../src/core/scoring/kql_rule.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { spreadOf } from '../../../src/core/scoring/spread.ts';
import { WINDOW_HOURS } from '../simulated.ts';
import { FleetDetections, type GroupFacts, SETUPS, type Setup } from './detections.ts';
import { assessed, GroupLooks } from './look.ts';
import { FLEET_HOURS, type FleetPlan, fleetPlan, type Installation } from './plan.ts';
import { processSums } from './process_sums.ts';
import { regularDevicesOf, regularIn, type SeenFleet, type SeenGroup, seenFleet } from './seen_fleet.ts';
import { type FleetGroup, fleetGroups } from './traffic.ts';

/** The hours of telemetry that are recorded before a sink is notified. */
const BASELINE_HOURS = 24;
const NEW_HOURS = 7 * 24;
const OBSERVED_HOURS = 24;

/** Something that happened to a detection in one run. */
export interface FleetEvent {
  readonly setup: Setup;
  readonly what: 'opened' | 'notified';
  readonly run: number;
  readonly installation: Installation;
}

export interface FleetRun {
  readonly plan: FleetPlan;
  readonly groups: number;
  readonly events: readonly FleetEvent[];
  /** The run that ended the baseline; null if none did. */
  readonly baselineEnd: number | null;
}

/** The hourly runs over the fleet of a seed. */
export function runFleet(seed: number, hours = FLEET_HOURS): FleetRun {
  const plan = fleetPlan(seed);
  const groups = fleetGroups(seed, plan);
  const system = new FleetSystem(plan, groups);
  for (let asOf = 1; asOf <= hours; asOf++) system.run(asOf);
  const { events, baselineEnd } = system;
  return { plan, groups: groups.length, events, baselineEnd };
}

/** A group in one run, with its number. */
type NumberedGroup = SeenGroup & { readonly id: number };

/** Three systems over the same fleet: with one detector, with the other one, and with both. */
class FleetSystem {
  readonly events: FleetEvent[] = [];
  baselineEnd: number | null = null;
  readonly #looks: readonly GroupLooks[];
  readonly #systems = SETUPS.map((setup) => ({ setup, detections: new FleetDetections(setup) }));
  /** Of each pair of process and network, the run that saw it first. */
  readonly #firstSeen = new Map<string, number>();
  readonly #processes = new Map<string, number>();
  #context: SeenFleet | null = null;
  #baseline: BaselineState = NO_BASELINE_YET;

  constructor(plan: FleetPlan, groups: readonly FleetGroup[]) {
    this.#looks = groups.map((group) => new GroupLooks(group, plan.devices[group.installation.device]?.name ?? ''));
  }

  run(asOf: number): void {
    const seen = this.#seenAt(asOf);
    if (seen.length === 0) return;
    const before = this.#context;
    for (const { looks, look } of seen) {
      assessed(look, looks.DeviceName, before?.deviceHours ?? null);
      if (!this.#firstSeen.has(looks.pair)) this.#firstSeen.set(looks.pair, asOf);
    }
    const isBaseline = this.#isBaseline(asOf, seen);
    const now = seenFleet(asOf, seen);
    const regular = regularIn(seen, now.many);
    this.#runGroups(asOf, isBaseline, seen, regular);
    this.#runProcesses(asOf, isBaseline, seen, now);
    this.#context = { ...now, regular };
  }

  #seenAt(asOf: number): NumberedGroup[] {
    const seen: NumberedGroup[] = [];
    for (const [id, looks] of this.#looks.entries()) {
      const look = looks.at(asOf);
      if (look !== null) seen.push({ id, looks, look });
    }
    return seen;
  }

  #runGroups(asOf: number, isBaseline: boolean, seen: readonly NumberedGroup[], regular: RegularDevices): void {
    const devicesOf = addressDevices(seen);
    const lookedAt = new Set<number>();
    const lastRegular = this.#context?.regular ?? NO_REGULAR;
    for (const { id, looks, look } of seen) {
      lookedAt.add(id);
      const fleet = this.#fleetFacts(asOf, isBaseline, looks.pair);
      const kqlRule = look.kql.match
        ? kqlMatchOf(look.kql, devicesOf.get(looks.group.address)?.size ?? 1, fleet)
        : null;
      const measured = look.regularity?.measured ? look.regularity : null;
      const isRegular = measured !== null && measured.way !== null;
      if (kqlRule === null && !isRegular && !this.#isKept(id)) continue;
      this.#next(id, asOf, looks.group.installation, {
        ...fleet,
        kqlRule,
        regularity: measured && { ...measured, ...REGULAR_FACTS, score: measured.regularity },
        regularDevices: isRegular ? regularDevicesOf(looks, regular, lastRegular) : 0,
      });
    }
    // Detections whose group has no report in the window any more.
    for (const [id, looks] of this.#looks.entries()) {
      if (lookedAt.has(id) || !this.#isKept(id)) continue;
      const facts = { ...this.#fleetFacts(asOf, isBaseline, ''), kqlRule: null, regularity: null, regularDevices: 0 };
      this.#next(id, asOf, looks.group.installation, facts);
    }
  }

  #runProcesses(
    asOf: number,
    isBaseline: boolean,
    seen: readonly SeenGroup[],
    context: Omit<SeenFleet, 'regular'>,
  ): void {
    for (const { key, first, match } of processSums(seen, context)) {
      let id = this.#processes.get(key);
      if (id === undefined) {
        id = this.#looks.length + this.#processes.size;
        this.#processes.set(key, id);
      }
      if (match === null && !this.#isKept(id)) continue;
      this.#next(id, asOf, first.looks.group.installation, {
        ...this.#fleetFacts(asOf, isBaseline, first.looks.pair),
        kqlRule: null,
        regularity: match && { ...match, ...REGULAR_FACTS, score: match.regularity },
        regularDevices: match === null ? 0 : 1,
      });
    }
  }

  #next(id: number, asOf: number, installation: Installation, facts: GroupFacts): void {
    for (const { setup, detections } of this.#systems) {
      const { opened, notified } = detections.next(id, asOf, facts);
      if (opened) this.events.push({ setup, what: 'opened', run: asOf, installation });
      if (notified) this.events.push({ setup, what: 'notified', run: asOf, installation });
    }
  }

  #isKept(id: number): boolean {
    return this.#systems.some(({ detections }) => detections.has(id));
  }

  #fleetFacts(asOf: number, isBaseline: boolean, pair: string) {
    const firstSeen = this.#firstSeen.get(pair) ?? asOf;
    const isNew = asOf - firstSeen < NEW_HOURS && firstSeen > OBSERVED_HOURS;
    const { users } = this.#context ?? {};
    const isShared = (users?.get(pair)?.size ?? 0) > this.#limits.few;
    const hasContext = users !== undefined;
    return {
      hasContext,
      isBaseline,
      isNew,
      isEstablished: hasContext && !isNew,
      isShared,
      known: null,
      ...this.#limits,
    };
  }

  get #limits(): FleetLimits {
    const { few = 1, many = 10 } = this.#context ?? {};
    return { few, many };
  }

  #isBaseline(asOf: number, seen: readonly SeenGroup[]): boolean {
    const reports = Array.from({ length: WINDOW_HOURS + 1 }, () => 0);
    const first = asOf - WINDOW_HOURS;
    for (const { look } of seen)
      for (const hour of look.hours) reports[hour - first] = (reports[hour - first] ?? 0) + 1;
    const run = {
      asOf: timestampFromMs(asOf * HOUR_MS),
      hasContext: this.#context !== null,
      telemetryHours: telemetryHoursOf(reports),
    };
    this.#baseline = baselineAfter(this.#baseline, run, BASELINE_HOURS);
    const phase = baselinePhaseOf(this.#baseline, run.asOf, BASELINE_HOURS);
    if (phase === 'ends') this.baselineEnd = asOf;
    return phase === 'lasts';
  }
}

const NO_REGULAR = new RegularDevices(0);
const REGULAR_FACTS = { onlyFailed: false, isHidden: false, isActive: true } as const;

/** The devices with reports to each address that the KQL rule matches. */
function addressDevices(seen: readonly SeenGroup[]): ReadonlyMap<string, ReadonlySet<string>> {
  const devices = new Map<string, Set<string>>();
  for (const { looks, look } of seen) if (look.kql.match) devices.set(looks.group.address, new Set());
  for (const { looks } of seen) devices.get(looks.group.address)?.add(looks.DeviceName);
  return devices;
}

function kqlMatchOf(
  { series, flags, stats }: Match,
  devices: number,
  { few, many, isShared }: Pick<GroupFacts, 'few' | 'many' | 'isShared'>,
) {
  const spread = spreadOf(series.ConnCounts, flags);
  const { minAverage } = KQL_RULE;
  return {
    ...ruleSeverityOf({ few, many, isShared, devices, spread, average: stats.avg, minAverage, grain: 'hour' }),
    isHidden: false,
  };
}
