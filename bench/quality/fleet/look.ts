import { bin, type Hour } from '../../../src/core/kql/bin.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { type RegularityAssessment, regularityOf } from '../../../src/core/regularity/assessment.ts';
import type { DeviceHours } from '../../../src/core/regularity/device_hours.ts';
import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import type { TimedCount } from '../../../src/core/regularity/timed_count.ts';
import { type Assessment, kqlRule } from '../../../src/core/scoring/kql_rule.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import type { Series } from '../../../src/core/scoring/series.ts';
import { WINDOW_HOURS } from '../simulated.ts';
import type { FleetGroup } from './traffic.ts';

/** What a run knows of one group. It is the same object until the group has another report, or fewer. */
export interface GroupLook {
  readonly counts: readonly TimedCount[];
  /** Clock hours with a report. */
  readonly hours: ReadonlySet<number>;
  readonly kql: Assessment;
  /** null until it was assessed. */
  regularity: RegularityAssessment | null;
}

/** The looks at one group, run by run. Runs are in order. */
export class GroupLooks {
  readonly group: FleetGroup;
  readonly DeviceName: string;
  /** The process and the network. */
  readonly pair: string;
  /** The first report of the window. */
  #first = 0;
  /** Of the reports in the window, those that a run has seen. */
  #seen = 0;
  #look: GroupLook | null = null;

  constructor(group: FleetGroup, DeviceName: string) {
    this.group = group;
    this.DeviceName = DeviceName;
    this.pair = `${group.installation.pair.process}|${group.network}`;
  }

  /** The group as the run at hour `asOf` sees it; null without a report in the window. */
  at(asOf: number): GroupLook | null {
    const { reports, seenBy } = this.group;
    const after = (asOf - WINDOW_HOURS) * HOUR_SECONDS;
    const until = asOf * HOUR_SECONDS;
    const before = this.#first;
    while (this.#first < reports.length && (reports[this.#first] as TimedCount).second <= after) this.#first++;
    let seen = 0;
    let end = this.#first;
    for (; end < reports.length && (reports[end] as TimedCount).second <= until; end++) {
      if ((seenBy[end] as number) <= asOf) seen++;
    }
    if (before === this.#first && seen === this.#seen && this.#look !== null) return this.#look;
    this.#seen = seen;
    const first = this.#first;
    const inWindow = reports.slice(first, end);
    const counts =
      seen === inWindow.length ? inWindow : inWindow.filter((_, index) => (seenBy[first + index] as number) <= asOf);
    this.#look = seen === 0 ? null : lookOf(counts);
    return this.#look;
  }
}

function lookOf(counts: readonly TimedCount[]): GroupLook {
  const hours = new Set<number>();
  for (const { second } of counts) hours.add(Math.floor(second / HOUR_SECONDS));
  return { counts, hours, kql: kqlRule(seriesPerClockHour(counts), KQL_RULE), regularity: null };
}

/**
 * Assesses a group with the hours in which other groups of its device reported. They change only where the group has
 * reports, or lie in the past, so an assessment stays until the group changes.
 */
export function assessed(look: GroupLook, DeviceName: string, deviceHours: DeviceHours | null): RegularityAssessment {
  if (look.regularity === null) {
    const { hours, counts } = look;
    const deviceOn =
      counts.length < 5 ? null : (deviceHours?.onBeside({ source: 'defender', DeviceName, hours }) ?? null);
    look.regularity = regularityOf(counts, deviceOn);
  }
  return look.regularity;
}

/** `counts` in order of time. */
function seriesPerClockHour(counts: readonly TimedCount[]): Series {
  const hours: Hour[] = [];
  const ConnCounts: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { second, count } of counts) {
    const hour = Math.floor(second / HOUR_SECONDS);
    if (hour === last) ConnCounts[ConnCounts.length - 1] = (ConnCounts.at(-1) as number) + count;
    else {
      hours.push(hourText(hour));
      ConnCounts.push(count);
      last = hour;
    }
  }
  return { Timestamp: hours, ConnCounts, countHours: hours, dropped: 0 };
}

const HOUR_TEXTS = new Map<number, Hour>();

function hourText(hour: number): Hour {
  let text = HOUR_TEXTS.get(hour);
  if (text === undefined) {
    text = bin(timestampFromMs(hour * HOUR_SECONDS * 1000), '1h');
    HOUR_TEXTS.set(hour, text);
  }
  return text;
}
