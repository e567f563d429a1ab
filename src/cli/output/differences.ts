import type { RuleNumbers } from '../../core/scoring/difference.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import type { Compared, Difference } from '../../scoring/compare_result.ts';
import { jsonLines } from './lines.ts';
import { type TextColumn, type TextRow, textTable } from './text_table.ts';
import type { TableView } from './view.ts';

/** The rows that differ, as text that ends with a newline, or '' for JSON without any. */
export function differencesText({ differences, equal }: Compared, format: 'table' | 'json', view: TableView): string {
  if (format === 'json') return jsonLines(differences.map(lineOf));
  return differences.length === 0 ? `Equal on both sides: ${rowsText(equal)}.\n` : tableOf(differences, view);
}

/** `40 rows: 37 equal, 1 only in answer.csv, 2 only in the files, 0 with other numbers`; `name` is escaped. */
export function sidesText({ differences, equal }: Compared, name: string): string {
  const number = (side: Side) => groupedText(differences.filter((each) => sideOf(each) === side).length);
  return (
    `compared: ${groupedText(equal)} equal, ${number('answer')} only in ${name}, ${number('files')} only in the files, ` +
    `${number('both')} with other numbers`
  );
}

/** The sentence about the settings with which most of the rows are equal; none without any. */
export function suggestionText({ differences, suggestion }: Compared): string[] {
  if (suggestion === null) return [];
  const { grain, asOf, rows } = suggestion;
  return [
    `${groupedText(rows)} of the ${rowsText(differences.length)} that differ ${rows === 1 ? 'is' : 'are'} equal with --grain ${grain} --now ${asOf.slice(0, 19)}Z`,
  ];
}

export function rowsText(number: number): string {
  return counted(number, 'row');
}

/** Who has the row. */
type Side = 'answer' | 'files' | 'both';

function sideOf({ theirs, ours }: Difference): Side {
  if (theirs === null) return 'files';
  return ours === null ? 'answer' : 'both';
}

function lineOf(difference: Difference): object {
  const { key, theirs, ours, reason, detail } = difference;
  const { DeviceName, InitiatingProcessFileName, RemoteIP } = key;
  return {
    side: sideOf(difference),
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    answer: theirs,
    files: ours,
    reason,
    detail,
  };
}

const SIDES: Readonly<Record<Side, string>> = {
  answer: 'only in the answer',
  files: 'only in the files',
  both: 'numbers',
};
const COLUMNS: readonly TextColumn[] = [
  { head: 'difference' },
  { head: 'device', narrowest: 14 },
  { head: 'process', narrowest: 12 },
  { head: 'remote' },
  { head: 'side' },
  { head: 'hours', right: true, rank: 1 },
  { head: 'inliers', right: true, rank: 2 },
  { head: 'outliers', right: true, rank: 3 },
  { head: 'avg/h', right: true },
  { head: 'reason' },
];

/** On a terminal the reason is a line below; in a pipe it is the last cell, and each row names the group. */
function tableOf(differences: readonly Difference[], view: TableView): string {
  const isPlain = view.width === null;
  const rows = differences.flatMap((each): TextRow[] => {
    const { DeviceName, InitiatingProcessFileName, RemoteIP } = each.key;
    const names = [SIDES[sideOf(each)], DeviceName, InitiatingProcessFileName, RemoteIP];
    const reason = `${each.reason}: ${each.detail}`;
    return [
      { cells: [...names, 'answer', ...cellsOf(each.theirs), ...(isPlain ? [reason] : [])] },
      {
        cells: [...(isPlain ? names : ['', '', '', '']), 'files', ...cellsOf(each.ours), ...(isPlain ? [reason] : [])],
        below: [reason],
      },
    ];
  });
  return textTable(isPlain ? COLUMNS : COLUMNS.slice(0, -1), rows, view);
}

function cellsOf(numbers: RuleNumbers | null): (string | number)[] {
  if (numbers === null) return ['', '', '', ''];
  return [numbers.count_of_hours, numbers.inliner_count, numbers.outlier_count, numbers.avg_conn_count];
}
