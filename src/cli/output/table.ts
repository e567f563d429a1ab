import Table from 'cli-table3';
import type { Hour } from '../../core/kql/bin.ts';
import { countsByHour } from '../../core/scoring/hours.ts';
import type { Grain } from '../../core/scoring/series.ts';
import type { Window } from '../../core/scoring/window.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { sparkline } from '../../core/text/sparkline.ts';
import type { RuleRow } from './rows.ts';

/** The rule's row, and its series for the sparkline. */
export interface DetectionLine extends RuleRow {
  /** The hour of each count. */
  readonly countHours: readonly Hour[];
  readonly ConnCounts: readonly number[];
}

const WIDEST_NAME = 32;

/** The detections for a person: one row each, with a sparkline of the window below it. */
export function detectionTable(lines: readonly DetectionLine[], window: Window, grain: Grain): string {
  if (lines.length === 0) return 'No beacons in the window.\n';
  // In grain `report` a point is a report of Defender, or an hour of raw events.
  const [points, mean] = grain === 'hour' ? ['hours', 'avg/h'] : ['points', 'average'];
  const table = new Table({
    head: ['device', 'process', 'remote', points, 'inliers', 'outliers', mean, 'first (UTC)', 'last (UTC)'],
    // The library's colours would be escape sequences in a file or a pipe.
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left', 'left'],
  });
  for (const line of lines) {
    table.push([
      escapeForDisplay(line.DeviceName, WIDEST_NAME),
      escapeForDisplay(line.InitiatingProcessFileName, WIDEST_NAME),
      escapeForDisplay(line.RemoteIP, WIDEST_NAME),
      line.count_of_hours,
      line.inliner_count,
      line.outlier_count,
      line.avg_conn_count,
      shortHour(line.FirstConnection),
      shortHour(line.LastConnection),
    ]);
    const bars = sparkline(countsByHour(window, line.countHours, line.ConnCounts));
    table.push([{ colSpan: 9, hAlign: 'left', content: `  ${bars}` }]);
  }
  return `${table.toString()}\n`;
}

function shortHour(hour: string | undefined): string {
  return hour === undefined ? '' : `${hour.slice(5, 10)} ${hour.slice(11, 16)}`;
}
