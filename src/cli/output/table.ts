import type { Hour } from '../../core/kql/bin.ts';
import { countsByHour } from '../../core/scoring/hours.ts';
import type { Grain } from '../../core/scoring/series.ts';
import type { Window } from '../../core/scoring/window.ts';
import { sparkline } from '../../core/text/sparkline.ts';
import type { RuleRow } from './rows.ts';
import { type TextColumn, textTable } from './text_table.ts';
import type { TableView } from './view.ts';

/** The rule's row, and its series for the sparkline. */
export interface DetectionLine extends RuleRow {
  /** The hour of each count. */
  readonly countHours: readonly Hour[];
  readonly ConnCounts: readonly number[];
}

/** The detections for a person: one row each; on a terminal with a sparkline of the window below it. */
export function detectionTable(lines: readonly DetectionLine[], window: Window, grain: Grain, view: TableView): string {
  if (lines.length === 0) return 'No beacons in the window.\n';
  return textTable(
    columnsIn(grain),
    lines.map((line) => ({
      cells: [
        line.DeviceName,
        line.InitiatingProcessFileName,
        line.RemoteIP,
        line.count_of_hours,
        line.inliner_count,
        line.outlier_count,
        line.avg_conn_count,
        shortHour(line.FirstConnection),
        shortHour(line.LastConnection),
      ],
      below: [sparkline(countsByHour(window, line.countHours, line.ConnCounts))],
    })),
    view,
  );
}

function columnsIn(grain: Grain): readonly TextColumn[] {
  // In grain `report` a point is a report of Defender, or an hour of raw events.
  const [points, mean] = grain === 'hour' ? ['hours', 'avg/h'] : ['points', 'average'];
  return [
    { head: 'device', narrowest: 14 },
    { head: 'process', narrowest: 12 },
    { head: 'remote' },
    { head: points, right: true, rank: 1 },
    { head: 'inliers', right: true, rank: 2 },
    { head: 'outliers', right: true, rank: 5 },
    { head: mean, right: true },
    { head: 'first (UTC)', rank: 4 },
    { head: 'last (UTC)', rank: 3 },
  ];
}

function shortHour(hour: string | undefined): string {
  return hour === undefined ? '' : `${hour.slice(5, 10)} ${hour.slice(11, 16)}`;
}
