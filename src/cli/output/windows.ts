import Table from 'cli-table3';
import { DAY_MS, HOUR_MS } from '../../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../../core/kql/timestamp.ts';
import type { Window } from '../../core/scoring/window.ts';
import type { MatchedOver } from '../../core/scoring/windows_scorer.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import { type OutputFormat, RULE_COLUMNS, SERIES_COLUMNS } from './format.ts';
import { csvLines, jsonLines } from './lines.ts';
import { daysText, minute } from './number_text.ts';
import { ruleRow, seriesColumns } from './rows.ts';

/** The columns of several windows, behind those of the rule. */
const WINDOW_COLUMNS = ['FirstSeen', 'FirstMatch', 'LastMatch', 'MatchingWindows'] as const;

interface ScoredWindows {
  readonly series: boolean;
  readonly windows: readonly Window[];
  /** Whether any report fell into a window. */
  readonly hasReports: boolean;
}

/** The groups that match in any of the windows, as text that ends with a newline, or '' for JSON without any. */
export function windowsText(matched: readonly MatchedOver[], format: OutputFormat, options: ScoredWindows): string {
  const { series, windows, hasReports } = options;
  if (format === 'table') {
    if (!hasReports) return 'No report in the windows: nothing was scored.\n';
    const range = rangeText(windows);
    return matched.length === 0 ? `No beacons in ${range}.\n` : `${range}\n${tableOf(matched, windows)}`;
  }
  const rows = matched.map((each) => ({
    ...ruleRow(each),
    ...windowColumns(each, windows),
    ...(series ? seriesColumns(each) : {}),
  }));
  if (format === 'json') return jsonLines(rows);
  return csvLines([...RULE_COLUMNS, ...WINDOW_COLUMNS, ...(series ? SERIES_COLUMNS : [])], rows);
}

/** Why a first match may not be the beginning: `oldest` is the time of the oldest report in the windows, '' without any. */
export function rangeNotes(
  matched: readonly MatchedOver[],
  windows: readonly Window[],
  oldest: Timestamp | '',
): readonly string[] {
  const notes: string[] = [];
  const number = matched.filter(({ matching }) => matching[0]).length;
  const verb = number === 1 ? 'matches' : 'match';
  if (number > 0)
    notes.push(
      `${counted(number, 'detection')} ${verb} in the first window already, and may have begun before it: try an earlier --from`,
    );
  const { after } = windows[0] as Window;
  if (matched.length > 0 && oldest !== '' && msOf(oldest) - msOf(after) > HOUR_MS)
    notes.push(
      `The windows begin at ${minute(after)} (UTC), and the oldest report in them is of ${minute(oldest)}: nothing can be seen to begin before that`,
    );
  return notes;
}

function windowColumns({ firstSeen, matching }: MatchedOver, windows: readonly Window[]) {
  return {
    FirstSeen: firstSeen,
    FirstMatch: windows[matching.indexOf(true)]?.asOf,
    LastMatch: windows[matching.lastIndexOf(true)]?.asOf,
    MatchingWindows: matching.filter(Boolean).length,
  } satisfies Record<(typeof WINDOW_COLUMNS)[number], unknown>;
}

/** `30 windows of 3 days, which end from 2026-10-21 12:00 to 2026-11-20 12:00 (UTC)` */
function rangeText(windows: readonly Window[]): string {
  const [first, last] = [windows[0] as Window, windows.at(-1) as Window];
  const days = daysText((msOf(first.asOf) - msOf(first.after)) / DAY_MS);
  return `${counted(windows.length, 'window')} of ${days}, which end from ${minute(first.asOf)} to ${minute(last.asOf)} (UTC)`;
}

function tableOf(matched: readonly MatchedOver[], windows: readonly Window[]): string {
  const table = new Table({
    head: ['device', 'process', 'remote', 'hours', 'avg/h', 'first seen', 'first match', 'last match', 'windows'],
    // The library's colours would be escape sequences in a file or a pipe.
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'left', 'left', 'left', 'right'],
  });
  for (const each of matched) {
    const { DeviceName, InitiatingProcessFileName, RemoteIP, count_of_hours, avg_conn_count } = ruleRow(each);
    const { FirstSeen, FirstMatch, LastMatch, MatchingWindows } = windowColumns(each, windows);
    const names = [DeviceName, InitiatingProcessFileName, RemoteIP].map((name) => escapeForDisplay(name, WIDEST_NAME));
    const times = [FirstSeen, FirstMatch, LastMatch].map((time: Timestamp | undefined) => minute(time ?? '').slice(5));
    table.push([...names, count_of_hours, avg_conn_count, ...times, MatchingWindows]);
    table.push([{ colSpan: 9, hAlign: 'left', content: `  ${stripOf(each.matching)}` }]);
  }
  return `${table.toString()}\n`;
}

const WIDEST_NAME = 32;
const STRIP_LENGTH = 96;

/** One character for each window, or for several: `█` all of them match, `▄` some, `·` none. */
export function stripOf(matching: readonly boolean[], most = STRIP_LENGTH): string {
  const size = Math.ceil(matching.length / most);
  let strip = '';
  for (let start = 0; start < matching.length; start += size) {
    const part = matching.slice(start, start + size);
    strip += part.every(Boolean) ? '█' : part.some(Boolean) ? '▄' : '·';
  }
  return strip;
}
