import type { Hour } from '../kql/bin.ts';
import { groupedText, rateText } from '../text/numbers.ts';
import { barOf } from '../text/sparkline.ts';
import { activityHourOf } from './activity.ts';
import type { Detection } from './detection.ts';

/** One hour of a detection's picture. */
export interface PictureHour {
  readonly hour: Hour;
  /** null: no report. */
  readonly count: number | null;
  /** The KQL rule's flag: 1 above the expected range, -1 below it, 0 within it. */
  readonly flag: number;
  /** At or below the rule's threshold for the mean. */
  readonly isBelow: boolean;
}

/** The hours before a detection's newest match, oldest first. */
export interface Picture {
  readonly hours: readonly PictureHour[];
  /** The KQL rule's threshold per hour; null where it did not match, or counts reports. */
  readonly threshold: number | null;
}

export function activityPicture({ hours, lastMatched, assessments }: Detection): Picture {
  const rule = assessments['kql-rule'];
  const isHourly = rule?.evidence.grain === 'hour';
  const threshold = isHourly ? rule.evidence.thresholds.minAverage : null;
  const flags = new Map<Hour, number>();
  for (const [index, hour] of rule?.evidence.Timestamp.entries() ?? []) {
    const flag = rule?.evidence.flags[index] ?? 0;
    if (flag !== 0) flags.set(hour, flag);
  }
  return {
    threshold,
    hours: hours.map((count, index) => {
      const hour = activityHourOf(lastMatched, hours.length, index);
      const isBelow = threshold !== null && (count ?? 0) <= threshold;
      return { hour, count, flag: flags.get(hour) ?? 0, isBelow };
    }),
  };
}

const ROW_HOURS = 24;
/** What a phone shows without a line break. */
export const PICTURE_COLUMNS = 40;

/**
 * The picture as text of at most `PICTURE_COLUMNS`: a line for each 24 hours, below it a line with the outliers, and the scale.
 * `17 09h` is the day and the hour in which a line begins.
 */
export function pictureText({ hours, threshold }: Picture): string {
  const full = fullBarOf(hours);
  const lines = Array.from({ length: Math.ceil(hours.length / ROW_HOURS) }, (_, n) =>
    rowOf(hours.slice(n * ROW_HOURS, (n + 1) * ROW_HOURS), full),
  );
  return [...lines.flat(), ...scaleLines(hours, threshold, full)].join('\n');
}

function rowOf(hours: readonly PictureHour[], full: number): string[] {
  const [first] = hours;
  const label = `${first?.hour.slice(8, 10)} ${first?.hour.slice(11, 13)}h `;
  const bars = hours.map(({ count }) => (count === null ? '·' : barOf(count, full))).join('');
  const marks = hours.map(({ flag }) => (flag === 0 ? ' ' : flag > 0 ? '▲' : '▼')).join('');
  return [`${label}${bars}`, ...(marks.trim() === '' ? [] : [`${' '.repeat(label.length)}${marks.trimEnd()}`])];
}

function scaleLines(hours: readonly PictureHour[], threshold: number | null, full: number): string[] {
  const parts = [
    `█ is ${groupedText(Math.round(full))} per hour`,
    ...(threshold === null ? [] : [`${barOf(threshold, full)} is the threshold ${rateText(threshold)}`]),
    ...(hours.some(({ flag }) => flag !== 0) ? ['▲▼ outside the expected range'] : []),
    ...(hours.some(({ count }) => count === null) ? ['· no report'] : []),
  ];
  const lines: string[] = [];
  for (const part of parts) {
    const joined = `${lines.at(-1)}, ${part}`;
    if (lines.length > 0 && joined.length <= PICTURE_COLUMNS) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

/** Times the mean that a full bar is at least: the bars of a steady beacon are then not all full. */
const HEADROOM = 1.6;

function fullBarOf(hours: readonly PictureHour[]): number {
  const counts = hours.flatMap(({ count }) => (count === null ? [] : [count]));
  const mean = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  return Math.max(1, HEADROOM * mean, ...counts);
}
