import Table from 'cli-table3';
import type { Matched } from '../../core/addresses.ts';
import { countsByHour } from '../../core/hours.ts';
import { sparkline } from '../../core/sparkline.ts';
import { shown } from '../../core/text.ts';
import type { Window } from '../../core/window.ts';

const WIDEST_NAME = 32;

/** The detections for a person: a line each, with a sparkline of the window below it. */
export function detectionTable(matched: readonly Matched[], window: Window): string {
  if (matched.length === 0) return 'No beacons in the window.\n';
  const table = new Table({
    head: ['device', 'process', 'remote', 'hours', 'inliers', 'outliers', 'avg/h', 'first (UTC)', 'last (UTC)'],
    // The library's colours would be escapes in a file or a pipe.
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left', 'left'],
  });
  for (const each of matched) {
    const { key, series } = each.group;
    const { match } = each;
    table.push([
      shown(key.DeviceName, WIDEST_NAME),
      shown(key.InitiatingProcessFileName, WIDEST_NAME),
      shown(key.RemoteIP, WIDEST_NAME),
      match.count_of_hours,
      match.inliner_count,
      match.outlier_count,
      match.avg_conn_count,
      shortHour(series.Timestamp[0]),
      shortHour(series.Timestamp.at(-1)),
    ]);
    const bars = sparkline(countsByHour(window, series.countHours, series.ConnCounts));
    table.push([{ colSpan: 9, hAlign: 'left', content: `  ${bars}` }]);
  }
  return `${table.toString()}\n`;
}

function shortHour(hour: string | undefined): string {
  return hour === undefined ? '' : `${hour.slice(5, 10)} ${hour.slice(11, 16)}`;
}
