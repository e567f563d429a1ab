import { DAY_MS, HOUR_MS } from '../../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../../core/kql/timestamp.ts';
import type { Window } from '../../core/scoring/window.ts';
import type { MatchedOver } from '../../core/scoring/windows_scorer.ts';
import { counted } from '../../core/text/numbers.ts';
import { type OutputFormat, RULE_COLUMNS, SERIES_COLUMNS } from './format.ts';
import { csvLines, jsonLines } from './lines.ts';
import { daysText, minute } from './number_text.ts';
import { ruleRow, seriesColumns } from './rows.ts';
import { type TextColumn, textTable } from './text_table.ts';
import type { TableView } from './view.ts';

/** The columns of several windows, behind those of the rule. */
const WINDOW_COLUMNS = ['FirstSeen', 'FirstMatch', 'LastMatch', 'MatchingWindows'] as const;

interface ScoredWindows {
  readonly series: boolean;
  readonly windows: readonly Window[];
  /** Whether any report fell into a window. */
  readonly hasReports: boolean;
  readonly view: TableView;
}

/** The groups that match in any of the windows, as text that ends with a newline, or '' for JSON without any. */
export function windowsText(matched: readonly MatchedOver[], format: OutputFormat, options: ScoredWindows): string {
  const { series, windows, hasReports, view } = options;
  if (format === 'table') {
    if (!hasReports) return 'No report in the windows: nothing was scored.\n';
    const range = rangeText(windows);
    return matched.length === 0 ? `No beacons in ${range}.\n` : `${range}\n${tableOf(matched, windows, view)}`;
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

const COLUMNS: readonly TextColumn[] = [
  { head: 'device', narrowest: 14 },
  { head: 'process', narrowest: 12 },
  { head: 'remote' },
  { head: 'hours', right: true, rank: 2 },
  { head: 'avg/h', right: true, rank: 3 },
  { head: 'first seen', rank: 4 },
  { head: 'first match' },
  { head: 'last match', rank: 1 },
  { head: 'windows', right: true, rank: 5 },
];

function tableOf(matched: readonly MatchedOver[], windows: readonly Window[], view: TableView): string {
  const rows = matched.map((each) => {
    const { DeviceName, InitiatingProcessFileName, RemoteIP, count_of_hours, avg_conn_count } = ruleRow(each);
    const { FirstSeen, FirstMatch, LastMatch, MatchingWindows } = windowColumns(each, windows);
    const times = [FirstSeen, FirstMatch, LastMatch].map((time: Timestamp | undefined) => minute(time ?? '').slice(5));
    return {
      cells: [
        DeviceName,
        InitiatingProcessFileName,
        RemoteIP,
        count_of_hours,
        avg_conn_count,
        ...times,
        MatchingWindows,
      ],
      below: [stripOf(each.matching, Math.min(STRIP_LENGTH, (view.width ?? STRIP_LENGTH) - 2))],
    };
  });
  return textTable(COLUMNS, rows, view);
}

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
