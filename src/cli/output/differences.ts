import Table from 'cli-table3';
import type { RuleNumbers } from '../../core/scoring/difference.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import type { Compared, Difference } from '../../scoring/compare_result.ts';
import { jsonLines } from './lines.ts';

/** The rows that differ, as text that ends with a newline, or '' for JSON without any. */
export function differencesText({ differences, equal }: Compared, format: 'table' | 'json'): string {
  if (format === 'json') return jsonLines(differences.map(lineOf));
  return differences.length === 0 ? `Equal on both sides: ${rowsText(equal)}.\n` : tableOf(differences);
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
const WIDEST_NAME = 32;

function tableOf(differences: readonly Difference[]): string {
  const table = new Table({
    head: ['difference', 'device', 'process', 'remote', '', 'hours', 'inliers', 'outliers', 'avg/h'],
    // The library's colours would be escape sequences in a file or a pipe.
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'left', 'left', 'right', 'right', 'right', 'right'],
  });
  for (const each of differences) {
    const { DeviceName, InitiatingProcessFileName, RemoteIP } = each.key;
    const names = [DeviceName, InitiatingProcessFileName, RemoteIP].map((name) => escapeForDisplay(name, WIDEST_NAME));
    table.push([SIDES[sideOf(each)], ...names, 'answer', ...cellsOf(each.theirs)]);
    table.push(['', '', '', '', 'files', ...cellsOf(each.ours)]);
    table.push([{ colSpan: 9, hAlign: 'left', content: `  ${each.reason}: ${each.detail}` }]);
  }
  return `${table.toString()}\n`;
}

function cellsOf(numbers: RuleNumbers | null): (string | number)[] {
  if (numbers === null) return ['-', '-', '-', '-'];
  return [numbers.count_of_hours, numbers.inliner_count, numbers.outlier_count, numbers.avg_conn_count];
}
