import { gapsOf, gapsView } from './gaps_view.ts';
import { type DeviceOn, type Points, pointsOf } from './points.ts';
import { rhythmOf } from './rhythm.ts';
import { roundHalfEven } from './round_half_even.ts';
import { isSession, MAX_SESSION_HOURS, type Session, sessionOf } from './session.ts';
import { spreadView } from './spread_view.ts';
import { stepsView } from './steps_view.ts';
import { HOUR_SECONDS, WINDOW_SECONDS } from './time_bin.ts';
import type { TimedCount } from './timed_count.ts';
import { bestView, type View, type ViewName, viewScore } from './view.ts';

/** The numbers of the detector under the names and in the precision of the product's JSON: score and views to 3 decimals. */
export interface RegularityNumbers {
  /** The score: 0 is chance or worse, 1 is clockwork without end. */
  readonly regularity: number;
  /** The view that gave the score. */
  readonly view: ViewName;
  /** The views that could be measured; 1 is chance, 0 is clockwork. */
  readonly views: Readonly<Partial<Record<ViewName, number>>>;
  /** Estimated time between connections, in whole seconds, and its range. */
  readonly interval: number;
  readonly interval_low: number;
  readonly interval_high: number;
  /** Hours (bins) from the first to the last report in which the device was on. */
  readonly hours: number;
  /** Those with a connection. */
  readonly active_hours: number;
  readonly connections: number;
  /** `hours` over those of 72 h, to 2 decimals. 1.01 is possible: reporting hours can overlap 73. */
  readonly coverage: number;
  /** 0, 5, … 55: where the hours begin. */
  readonly hour_offset_min: number;
}

/** What the detector `regularity` finds of one group. */
export type RegularityAssessment = MeasuredGroup | NotMeasuredGroup;

export interface MeasuredGroup extends RegularityNumbers {
  readonly measured: true;
  /** How it matched; null: no match. */
  readonly way: 'score' | 'session' | null;
  readonly session: Session;
  /** The views unrounded, with the n and k of their score. */
  readonly measuredViews: readonly View[];
}

export interface NotMeasuredGroup {
  readonly measured: false;
  readonly reason: 'too-few-reports' | 'no-view';
}

export interface RegularityThresholds {
  /** A rounded score from here on matches. */
  readonly match: number;
  /** A series that is also a session counts as matched by score only from here on. */
  readonly ripe: number;
}

export const REGULARITY_THRESHOLDS: RegularityThresholds = { match: 0.6, ripe: 0.7 };

/** Fewer reports say nothing. */
export const MIN_REPORTS = 5;

/**
 * The detector `regularity`: whether a group contacts its address more evenly than chance would.
 *
 * - `counts`: the reports of the group in the window of 72 hours, from `timedCountsOf` or `rawTimedCountsOf`, in any order.
 * - `deviceOn`: the clock hours (bins) in which another group of the device reported; null where that is not known.
 * - `binSeconds`: 3600, or the length of the bins of a raw source.
 *
 * Fewer than five reports, or no view that can be measured, give a reason instead of numbers. 12 connections in each of 72
 * hours have the score 0.933. Throws a RangeError if the reports span more than 72 hours.
 */
export function regularityOf(
  counts: readonly TimedCount[],
  deviceOn: DeviceOn,
  binSeconds: number = HOUR_SECONDS,
  thresholds: RegularityThresholds = REGULARITY_THRESHOLDS,
): RegularityAssessment {
  if (counts.length < MIN_REPORTS) return { measured: false, reason: 'too-few-reports' };
  const points = pointsOf(counts, deviceOn, binSeconds);
  const measuredViews = viewsOf(points);
  const numbers = regularityNumbersOf(points, measuredViews);
  if (numbers === null) return { measured: false, reason: 'no-view' };
  const session = sessionOf(points.x);
  return { measured: true, ...numbers, way: wayOf(numbers.regularity, session, thresholds), session, measuredViews };
}

/**
 * The same for a group that matches; null for any other. Most groups do not match. For those it spares the numbers that an
 * analyst reads, and the test of a session where the run is too long to be one.
 */
export function regularMatchOf(
  counts: readonly TimedCount[],
  deviceOn: DeviceOn,
  thresholds: RegularityThresholds = REGULARITY_THRESHOLDS,
): MeasuredGroup | null {
  if (counts.length < MIN_REPORTS) return null;
  const points = pointsOf(counts, deviceOn);
  const measuredViews = viewsOf(points);
  const best = bestView(measuredViews);
  if (best === null) return null;
  const score = roundHalfEven(viewScore(best), 3);
  const canBeSession = points.x.length <= MAX_SESSION_HOURS;
  if (score < thresholds.match && !canBeSession) return null;
  const session = sessionOf(points.x);
  const way = wayOf(score, session, thresholds);
  const numbers = way === null ? null : regularityNumbersOf(points, measuredViews);
  return numbers === null ? null : { measured: true, ...numbers, way, session, measuredViews };
}

/** The views that can be measured, in the order of the table. */
export function viewsOf({ x, inner, on }: Points): View[] {
  return [spreadView(x), stepsView(inner), gapsView(gapsOf(on))].filter((view) => view !== null);
}

/** The numbers of a series of points; null without a view. */
export function regularityNumbersOf(points: Points, views: readonly View[]): RegularityNumbers | null {
  const best = bestView(views);
  if (best === null) return null;
  const { on, binSeconds, hourOffsetMinutes } = points;
  const { interval, jitter } = rhythmOf(points, best);
  let [active, connections] = [0, 0];
  for (let hour = 0; hour < on.length; hour++) {
    const count = on[hour] as number;
    if (count > 0) active++;
    connections += count;
  }
  return {
    regularity: roundHalfEven(viewScore(best), 3),
    view: best.name,
    views: roundedViews(views),
    interval: roundHalfEven(interval, 0),
    interval_low: roundHalfEven(interval * (1 - jitter), 0),
    interval_high: roundHalfEven(interval * (1 + jitter), 0),
    hours: on.length,
    active_hours: active,
    connections,
    coverage: roundHalfEven(on.length / (WINDOW_SECONDS / binSeconds), 2),
    hour_offset_min: hourOffsetMinutes,
  };
}

function roundedViews(views: readonly View[]): RegularityNumbers['views'] {
  const rounded: Partial<Record<ViewName, number>> = {};
  for (const { name, value } of views) rounded[name] = roundHalfEven(value, 3);
  return rounded;
}

function wayOf(score: number, session: Session, { match, ripe }: RegularityThresholds): 'score' | 'session' | null {
  if (isSession(session)) return score >= Math.max(match, ripe) ? 'score' : 'session';
  return score >= match ? 'score' : null;
}
