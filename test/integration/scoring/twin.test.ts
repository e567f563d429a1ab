import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activityDaysOf } from '../../../src/core/detections/activity.ts';
import { type Detection, type Finding, SEVERITIES, type SinkDelivery } from '../../../src/core/detections/detection.ts';
import { findingOf } from '../../../src/core/detections/finding.ts';
import { ruleSeverityOf } from '../../../src/core/detections/severity.ts';
import { NO_TRAFFIC } from '../../../src/core/detections/traffic.ts';
import { bin } from '../../../src/core/kql/bin.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { regularityOf } from '../../../src/core/regularity/assessment.ts';
import { timedCountsOf } from '../../../src/core/regularity/timed_count.ts';
import { kqlRule } from '../../../src/core/scoring/kql_rule.ts';
import { SeriesBuilder } from '../../../src/core/scoring/series.ts';
import type { DetectionRow } from '../../../src/storage/ports/detections.ts';
import { ruleOf } from '../../support/detections.ts';
import { tries } from '../../support/effort.ts';
import {
  at,
  type Group,
  group,
  hours,
  inPages,
  RULE,
  SETTINGS,
  sinkState,
  Tenant,
} from '../../support/scoring/tenant.ts';

/** Groups of few addresses, two of which share a part, so that all of their orders come up. */
const GROUPS: readonly Group[] = [
  ...[1, 2].map((number) => group(number, '30000000')),
  group(3, '30000000', '198.51.100.9'),
  ...[1, 2].map((number) => group(number, '3000000a')),
  group(1, '3fffffff'),
];
const SINKS = [sinkState('soc'), sinkState('late', { since: at(30) }), sinkState('gone', { disabledAt: 1 })] as const;

interface Report {
  readonly group: Group;
  readonly time: Timestamp;
  readonly count: number | null;
}

/** The life of all detections, as slowly and plainly as possible. */
class Twin {
  readonly reports: Report[] = [];
  readonly rows = new Map<string, DetectionRow>();

  /** What the run says of itself, and whom it notifies. */
  run(hour: number, now: number, newestElsewhere: Timestamp | '') {
    const asOf = at(hour);
    const after = addMs(asOf, -12 * HOUR_MS);
    // The window of the second detector is longer.
    const from72 = bin(addMs(asOf, -72 * HOUR_MS), '1h');
    const read = this.reports.filter(({ time }) => time >= from72 && bin(time, '1h') <= asOf);
    const rows = read.length;
    const inWindow = this.reports.filter(({ time }) => time > after && time <= asOf);
    const newestReport = latest(read.map(({ time }) => time).filter((time) => time <= asOf));
    const newest = latest([newestReport, newestElsewhere]);
    const isFresh = newest !== '' && msOf(newest as Timestamp) >= msOf(asOf) - 6 * HOUR_MS;
    const times = [asOf, at(now), newestElsewhere].sort();
    const from = newestElsewhere === '' ? null : (times[0] as Timestamp);

    const findings = GROUPS.map((each) => this.#finding(each, inWindow, asOf)).filter((finding) => finding !== null);
    for (const finding of findings) this.#matches(finding, asOf, this.#isRegular(finding, asOf));
    const unmatched = [...this.rows].filter(([id]) => !findings.some((finding) => finding.groupId === id));
    if (from !== null) this.#remove(unmatched, addMs(from, -SETTINGS.historyDays * DAY_MS));
    if (isFresh) this.#resolve(unmatched, asOf, addMs(asOf, -72 * HOUR_MS));
    const left = [...this.rows.values()].map(({ detection }) => detection);
    const opened = left.filter(({ episode }) => episode === asOf).length;
    const resolved = left.filter((row) => row.state === 'resolved' && row.asOf === asOf).length;
    const pending = this.#pending();
    const counts = { groups: new Set(inWindow.map((report) => report.group)).size, rows, detections: findings.length };
    return { tally: { ...counts, opened, resolved, pending: pending.length, newestReport }, pending };
  }

  #finding(each: Group, inWindow: readonly Report[], asOf: Timestamp): Finding | null {
    const own = inWindow.filter((report) => report.group === each).sort((a, b) => (a.time < b.time ? -1 : 1));
    const builder = new SeriesBuilder('hour');
    for (const clockHour of new Set(own.map(({ time }) => bin(time, '1h')))) {
      const named = own
        .filter(({ time }) => bin(time, '1h') === clockHour)
        .map(({ count }) => count)
        .filter((count) => count !== null);
      builder.add(clockHour, named.length === 0 ? null : named.reduce((sum, count) => sum + count, 0));
    }
    const series = builder.build();
    const match = kqlRule(series, RULE);
    if (!match.match) return null;
    const sameAddress = inWindow.filter((report) => report.group.RemoteIP === each.RemoteIP);
    const devices = new Set(sameAddress.map((report) => report.group.DeviceName)).size;
    const others = new Set(sameAddress.map(({ group }) => group.InitiatingProcessFileName));
    const otherProcesses = [...others].filter((name) => name !== each.InitiatingProcessFileName).sort();
    return findingOf(
      { group: { groupId: each.groupId, key: each, series, programHash: null }, match, devices, otherProcesses },
      RULE,
      null,
      asOf,
    );
  }

  /** Whether the other detector matches: it only decides whether the rule is alone. */
  #isRegular({ groupId }: Finding, asOf: Timestamp): boolean {
    const after = addMs(asOf, -72 * HOUR_MS);
    const own = this.reports.filter(({ group, time }) => group.groupId === groupId && time > after && time <= asOf);
    const counts = timedCountsOf(own.map(({ time, count }) => ({ Timestamp: time, count })));
    const assessment = regularityOf(counts, null);
    return assessment.measured && assessment.way !== null;
  }

  #matches(finding: Finding, asOf: Timestamp, isRegular: boolean): void {
    const id = finding.groupId;
    const before = this.rows.get(id);
    if (before !== undefined && before.detection.asOf > asOf) return;
    const deliveries = before?.deliveries ?? {};
    const seen = {
      ...finding,
      fleetDevices: 0,
      asOf,
      lastMatched: asOf,
      suppressedBy: '',
      traffic: { ...NO_TRAFFIC, asOf },
    };
    const days = daysOf(before?.detection, finding, asOf);
    const { average } = ruleOf(finding);
    const old = before?.detection;
    if (old === undefined || old.state === 'resolved') {
      const episodes = episodesOf(old);
      const opening = {
        ...{ severity: 'low' as const, severityReason: OPENED, revision: 0, revisionReason: '' },
        ...{ decision: UNDECIDED, highestAverage: average, episodes },
      };
      this.rows.set(id, {
        detection: { ...seen, days, ...opening, state: 'new', episode: asOf },
        deliveries,
        verdict: null,
      });
      return;
    }
    const decided = old.asOf === asOf ? decidedOf(old) : decidedAfter(old, finding, isRegular);
    const hasChanged = old.decision.isDecided && decided.revision > old.revision;
    const isLookedAt = hasChanged || msOf(asOf) - msOf(old.traffic.asOf as Timestamp) >= 24 * HOUR_MS;
    const detection: Detection = {
      ...seen,
      days,
      state: old.episode === asOf ? 'new' : 'ongoing',
      episode: old.episode,
      episodes: old.episodes,
      highestAverage: Math.max(old.highestAverage ?? 0, average),
      ...decided,
      traffic: isLookedAt ? seen.traffic : old.traffic,
    };
    this.rows.set(id, { detection, deliveries, verdict: null });
  }

  #remove(unmatched: readonly [string, DetectionRow][], before: Timestamp): void {
    for (const [id, { detection }] of unmatched) {
      if (detection.state === 'resolved' && detection.lastMatched < before) this.rows.delete(id);
    }
  }

  #resolve(unmatched: readonly [string, DetectionRow][], asOf: Timestamp, after: Timestamp): void {
    for (const [id, { detection, deliveries }] of unmatched) {
      if (detection.state === 'resolved' || detection.asOf > asOf || detection.lastMatched >= after) continue;
      this.rows.set(id, { detection: { ...detection, state: 'resolved', asOf }, deliveries, verdict: null });
    }
  }

  /** What each sink is to receive, said at the detections; then the pairs of those that are not disabled. */
  #pending(): string[] {
    const pending: string[] = [];
    for (const [id, row] of this.rows) {
      const { detection } = row;
      const isActive = detection.state !== 'resolved';
      const at = msOf(detection.asOf);
      const deliveries: Record<string, SinkDelivery> = { ...row.deliveries };
      for (const { name, since, disabledAt } of SINKS) {
        const known = deliveries[name];
        const { episode, revision, severity } = detection;
        const isOfThis = known?.episode === episode && known.revision === revision && known.status !== 'withdrawn';
        const isReady = isActive && detection.decision.isDecided;
        if (isReady && episode >= since && !isOfThis) {
          const untried = { attempts: 0, firstAt: null, answer: '' } as const;
          deliveries[name] = { episode, revision, severity, status: 'pending', at, ...untried };
        } else if (!isReady && known?.status === 'pending') deliveries[name] = { ...known, status: 'withdrawn', at };
        if (disabledAt === null && deliveries[name]?.status === 'pending') pending.push(`${id} ${name}`);
      }
      this.rows.set(id, { ...row, deliveries });
    }
    return pending.sort();
  }
}

const latest = (times: readonly string[]): string => times.toSorted().at(-1) ?? '';

const groupIndex = fc.nat(GROUPS.length - 1);
const oneOfFew = (most: number) => fc.integer({ min: 1, max: most });

/** Time goes on by `step` hours; before that, beacons and noise come in. */
const chapters = fc.array(
  fc.record({
    step: fc.oneof({ weight: 5, arbitrary: oneOfFew(4) }, { weight: 1, arbitrary: oneOfFew(110) }),
    beacons: fc.array(
      fc.record({
        index: groupIndex,
        length: oneOfFew(8),
        count: fc.constantFrom(60, 60, 50, 130, 300, 20, null),
        spread: fc.constantFrom(0, 0, 1, 7),
        tie: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    marks: fc.array(
      fc.record({
        index: groupIndex,
        sink: fc.constantFrom('soc', 'late'),
        status: fc.constantFrom('sent' as const, 'failed' as const, 'pending' as const),
        stale: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    elsewhere: fc.constantFrom(null, 0, 6, 7),
    /** Hours that a late run, after this one, is behind it. */
    late: fc.option(fc.integer({ min: 1, max: 20 })),
    repeat: fc.boolean(),
    nowAhead: fc.constantFrom(0.75, 0.75, 30, -5),
    pages: fc.tuple(fc.constantFrom(1, 3, 1000), fc.constantFrom(1, 2, 1000)),
  }),
  { minLength: 4, maxLength: 14 },
);

type Chapter = typeof chapters extends fc.Arbitrary<(infer C)[]> ? C : never;

/** What happened in all stories: each has to come up. */
class Met {
  opened = 0;
  reopened = 0;
  resolved = 0;
  removed = 0;
  pending = 0;
  changed = 0;
}

/** A tenant and its twin, to which the same happens. */
class Story {
  readonly #tenant = new Tenant();
  readonly #twin = new Twin();
  readonly #met: Met;
  #hour = 0;

  constructor(met: Met) {
    this.#met = met;
  }

  async tell({ step, beacons, marks, elsewhere, late, repeat, nowAhead, pages }: Chapter): Promise<void> {
    this.#hour += step;
    for (const each of beacons) await this.#report(each);
    for (const each of marks) await this.#mark(each);
    const newestReport = elsewhere === null ? '' : at(this.#hour - elsewhere);
    const repeats = repeat ? [this.#hour] : [];
    const lates = late === null ? [] : [this.#hour - late];
    for (const asOf of [this.#hour, ...repeats, ...lates]) {
      await this.#run(asOf, this.#hour + nowAhead, newestReport, pages);
    }
  }

  async #report({ index, length, count, spread, tie }: Chapter['beacons'][number]): Promise<void> {
    const each = GROUPS[index] as Group;
    for (const hour of hours(this.#hour - length, this.#hour - 1)) {
      const time = at(hour + 0.5);
      const present = count === null ? null : count + ((hour * 5) % 7) * spread;
      for (const at of tie ? [time, time] : [time]) {
        this.#twin.reports.push({ group: each, time: at, count: present });
        await this.#tenant.reportsAt(each, [at], present);
      }
    }
  }

  async #mark({ index, sink, status, stale }: Chapter['marks'][number]): Promise<void> {
    const each = GROUPS[index] as Group;
    const id = each.groupId;
    const row = this.#twin.rows.get(id);
    // Only a retry makes pending, of what is active and of this revision.
    const since = SINKS.find(({ name }) => name === sink)?.since ?? '';
    const isOver = row?.detection.state === 'resolved' || (row?.detection.episode ?? '') < since;
    if (row === undefined || (status === 'pending' && (stale || isOver))) return;
    const episode = stale ? at(-1) : row.detection.episode;
    const { revision, severity } = row.detection;
    const tries =
      status === 'pending' ? { attempts: 0, firstAt: null, answer: '' } : { attempts: 1, firstAt: 1, answer: '200' };
    const delivery = { episode, revision, severity, status, at: 2, ...tries };
    this.#twin.rows.set(id, { ...row, deliveries: { ...row.deliveries, [sink]: delivery } });
    await this.#tenant.mark(each, sink, { episode, status });
  }

  async #run(asOf: number, now: number, newestReport: Timestamp | '', pages: Chapter['pages']): Promise<void> {
    const before = await this.#tenant.versioned();
    const stores = inPages(this.#tenant.stores, ...pages);
    const run = await this.#tenant.run(asOf, { stores, sinks: SINKS, now, message: { newestReport } });
    const { tally, pending } = this.#twin.run(asOf, now, newestReport);
    expect(run).toMatchObject(tally);
    const messages = (await this.#tenant.pending()).map(({ detectionId, sink }) => `${detectionId} ${sink}`);
    expect(messages.sort()).toEqual(pending);
    expect(await this.#tenant.counts()).toHaveLength(this.#twin.reports.length);
    const after = new Map((await this.#tenant.versioned()).map((found) => [found.row.detection.groupId, found]));
    const left = [...after].map(([id, { row }]) => [id, withoutRegularity(row)] as const);
    expect(new Map(left)).toEqual(new Map(this.#twin.rows));
    for (const [id, old] of before.map((found) => [found.row.detection.groupId, found] as const)) {
      const present = after.get(id);
      // What comes to the same row is not written.
      if (isDeepStrictEqual(present?.row, old.row)) expect(present?.version).toBe(old.version);
      if (present === undefined) this.#met.removed++;
      if (present !== undefined && present.row.detection.revision > old.row.detection.revision) this.#met.changed++;
      const isReopened = old.row.detection.state === 'resolved' && present?.row.detection.state === 'new';
      if (isReopened) this.#met.reopened++;
    }
    for (const name of ['opened', 'resolved', 'pending'] as const) this.#met[name] += tally[name];
  }
}

/** The twin knows the rule alone; `regularity` adds its assessment to what the rule finds. */
function withoutRegularity(row: DetectionRow): DetectionRow {
  const assessments = { ...row.detection.assessments, regularity: null };
  return { ...row, detection: { ...row.detection, assessments } };
}

const OPENED = 'It has just opened: its severity follows in the first run whose context counts it.';
const UNDECIDED: Detection['decision'] = {
  ...{ isDecided: false, isRipe: false, runsInARow: 0, highestSeverity: 'low', lastNotified: null },
};

function decidedOf({ severity, severityReason, revision, revisionReason, decision }: Detection) {
  return { severity, severityReason, revision, revisionReason, decision };
}

/** What a later run with context decides of the rule alone. */
function decidedAfter(old: Detection, finding: Finding, isRegular: boolean): ReturnType<typeof decidedOf> {
  const { spread, average, evidence } = ruleOf(finding);
  const factors = { devices: finding.devices, few: 3, many: 10, spread, average, minAverage: 45 };
  const own = ruleSeverityOf({ ...factors, grain: evidence.grain });
  const level = Math.max(0, [spread <= 0.2, finding.devices <= 3, average >= 56.25].filter(Boolean).length - 1);
  expect(own.severity).toBe(SEVERITIES[level]);
  const lower = isRegular ? level : Math.max(0, level - 1);
  const severity = SEVERITIES[lower] as Detection['severity'];
  const severityReason =
    lower === level
      ? own.severityReason
      : own.severityReason.replace(/\.$/, '; regularity does not match, so one severity lower.');
  const highest = SEVERITIES.indexOf(old.decision.highestSeverity);
  const isFirst = !old.decision.isDecided;
  const hasRisen = !isFirst && lower > highest;
  return {
    severity,
    severityReason,
    revision: old.revision + (isFirst || hasRisen ? 1 : 0),
    revisionReason: hasRisen
      ? `The severity rose to ${severity} (highest before: ${old.decision.highestSeverity}).`
      : old.revisionReason,
    decision: {
      ...{ isDecided: true, isRipe: false, runsInARow: 0, lastNotified: null },
      highestSeverity: SEVERITIES[Math.max(highest, lower)] as Detection['severity'],
    },
  };
}

describe('scorePartition over random tenants', () => {
  it('leaves what the slow twin leaves, run by run', async () => {
    const met = new Met();
    const leaves = fc.asyncProperty(chapters, async (told) => {
      const story = new Story(met);
      for (const chapter of told) await story.tell(chapter);
    });
    await fc.assert(leaves, { numRuns: tries(40, 400), seed: 20_261_120 });
    for (const times of Object.values(met)) expect(times).toBeGreaterThan(tries(4, 40));
  });
});

function daysOf(before: Detection | undefined, { hours }: Finding, asOf: Timestamp): Detection['days'] {
  return activityDaysOf(asOf, hours, before === undefined ? null : { days: before.days, asOf: before.lastMatched });
}

function episodesOf(old: Detection | undefined): Detection['episodes'] {
  if (old === undefined) return [];
  return [...old.episodes, { episode: old.episode, resolved: old.asOf, average: old.highestAverage }].slice(-20);
}
