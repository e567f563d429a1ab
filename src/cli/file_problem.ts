import { HOUR_MS } from '../core/kql/timespan.ts';
import { addMs } from '../core/kql/timestamp.ts';
import { faultText } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import type { MissingColumns } from '../core/records/table_header.ts';
import type { Window } from '../core/scoring/window.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { counted } from '../core/text/numbers.ts';
import type { FileFacts } from '../reading/file_tally.ts';
import type { Counters } from '../storage/ports/export_states.ts';

/**
 * Why a file that was read to its end needs attention: `unread` without a readable record, `partial` with some records that
 * could not be used for a reason of the whole file, `none` with records of other kinds alone.
 */
export interface FileProblem {
  readonly kind: 'unread' | 'partial' | 'none';
  readonly text: string;
}

/** Names of columns that are listed. */
const LISTED_COLUMNS = 30;

export function problemOf(facts: FileFacts, sources: readonly Source[]): FileProblem | null {
  const { counters } = facts;
  const isUnread = counters.reports + counters.excluded === 0 && counters.deadLetters + counters.unknownShapes > 0;
  const kind = isUnread ? 'unread' : 'partial';
  const reason = wholeFileReason(facts, sources);
  if (reason !== null) return { kind, text: isUnread ? `no readable record: ${reason}` : reason };
  if (isUnread && counters.skipped === 0) return { kind, text: `no readable record: ${unreadText(facts)}` };
  if (counters.reports + counters.excluded > 0) return null;
  if (counters.records === 0) return { kind: 'none', text: 'no record in it' };
  const faults = counters.deadLetters + counters.unknownShapes > 0 ? `; ${unreadText(facts)}` : '';
  const others = `${counted(counters.skipped, 'record')} of other kinds`;
  return { kind: 'none', text: `no report of an active source (SOURCES=${sources.join(',')}): ${others}${faults}` };
}

/** A reason that concerns the file as a whole; null if there is none. */
function wholeFileReason(facts: FileFacts, sources: readonly Source[]): string | null {
  const { unknownOrder, missing, lacking, isWithoutCounts, isPartialAnswer } = facts;
  if (unknownOrder !== null) return orderText(unknownOrder);
  if (missing !== null) return missingText(missing, sources);
  if (isPartialAnswer) return PARTIAL_ANSWER;
  if (lacking.length === 0) return isWithoutCounts ? NO_COUNTS : null;
  const [first = ''] = lacking;
  return `no record has ${lacking.join(' or ')}, which the rule needs. Keep ${first} in the export, or in the query (docs/sources.md)`;
}

const PARTIAL_ANSWER =
  'the answer of the query API says that it is not complete (partial-answer). Query a shorter span, and export again';

const NO_COUNTS =
  'no report has a count, so none can match: AdditionalFields has no uniqueEventsAggregated. ' +
  'Keep AdditionalFields as it is in the query, and export again (docs/sources.md)';

function missingText({ bySource, found }: MissingColumns, sources: readonly Source[]): string {
  const source = sources.find((each) => bySource.has(each));
  const columns = (source === undefined ? [] : (bySource.get(source) ?? [])).join(', ');
  const names = found.slice(0, LISTED_COLUMNS).map((name) => escapeForDisplay(name, 64));
  const more = found.length > LISTED_COLUMNS ? `, and ${found.length - LISTED_COLUMNS} more` : '';
  const local = found.find((name) => /^Time\w* \[/.test(name));
  const zone = local === undefined ? '' : `. ${escapeForDisplay(local, 64)} is not UTC: choose UTC in the portal`;
  return (
    `a table lacks the column ${columns}, which the rule needs; it has ${names.join(', ')}${more}${zone}. ` +
    'Its rows are not counted. Keep the column in the query, and export again (docs/sources.md)'
  );
}

function orderText(order: NonNullable<FileFacts['unknownOrder']>): string {
  const { date, records } = order;
  const why =
    order.why === 'neither'
      ? `${quoted(date.value)}, and no value in the file is above 12`
      : `${quoted(date.value)} has the day first and ${quoted(order.other.value)} the month`;
  return (
    `${date.field} does not show whether the day or the month comes first: ${why}. ` +
    `${counted(records, 'record')} cannot be read. Set --dates day-first or --dates month-first, ` +
    `or export ISO 8601 times: add "| extend ${date.field} = tostring(${date.field})" to the query`
  );
}

function unreadText({ counters, firstFault }: FileFacts): string {
  return [lettersText(counters, firstFault), shapesText(counters)].filter((part) => part !== '').join(', ');
}

function lettersText({ deadLetters }: Counters, first: FileFacts['firstFault']): string {
  if (deadLetters === 0) return '';
  const text = counted(deadLetters, 'dead letter');
  if (first === null) return text;
  const { reason, field, value } = first;
  const fault = escapeForDisplay(faultText({ fault: reason, field }));
  if (field === undefined) return `${text}, the first is ${fault}`;
  const found = value === null ? `: the record has no value in it` : `, with the value "${value}"`;
  return `${text}, the first is ${fault}${found} (docs/sources.md says what is read)`;
}

function shapesText({ unknownShapes }: Counters): string {
  return unknownShapes === 0 ? '' : `${counted(unknownShapes, 'record')} of an unknown shape`;
}

function quoted(value: string): string {
  return `"${escapeForDisplay(value, 64)}"`;
}

/** The largest answers of Microsoft's portals and query APIs. */
const ROW_LIMITS = [10_000, 30_000, 100_000];

/**
 * The warning that a file has exactly as many rows as a portal returns, so that it was probably cut; null where its reports
 * reach from the begin of the window to its end.
 */
export function cutText({ counters, oldest, newest }: FileFacts, window: Window): string | null {
  if (!ROW_LIMITS.includes(counters.records) || oldest === '' || newest === '') return null;
  if (oldest <= addMs(window.after, HOUR_MS) && newest >= addMs(window.asOf, -HOUR_MS)) return null;
  return (
    `it has exactly ${counted(counters.records, 'row')}, a limit of the portals, from ${oldest} to ${newest}: it was probably cut. ` +
    'Export shorter spans, or use the export to storage'
  );
}
