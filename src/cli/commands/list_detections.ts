import type { AppParts } from '../../app.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import { MAX_LIMIT, readDetectionQuery } from '../../detections/detection_query.ts';
import type { DetectionQuery, KeyQuery, SummaryView } from '../../detections/query_detections.ts';
import { readSearch } from '../../detections/search_text.ts';
import { UsageError } from '../errors.ts';
import { TIME_FORMS, timeIn } from '../instant.ts';
import { formatOf, type OutputFormat } from '../output/format.ts';
import { PLAIN, viewOf } from '../output/view.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { listText } from './detection_list.ts';
import { optionFaults } from './option_faults.ts';

export interface ListOptions {
  readonly all: boolean;
  readonly format: string;
  readonly [filter: string]: string | boolean;
}

/** No bound: the command runs on the machine of a person, who sees how long it takes. */
const ALL = Number.POSITIVE_INFINITY;

/** `detections list`: one page, or every detection with `--all`. */
export async function listDetectionsCommand(
  terminal: Terminal,
  search: string | undefined,
  options: ListOptions,
  parts: Partial<AppParts> = {},
): Promise<void> {
  const { all, format: formatName, ...parameters } = options;
  const format = formatOf(formatName);
  const found = searchOf(search ?? '', parameters as Record<string, string>);
  const { since } = found.parameters;
  // A text that is no TIME goes on as it is, so that the message names it beside the other faults.
  const given = { ...found.parameters, ...(since !== undefined && { since: timeIn(since) ?? since }) };
  const read = readDetectionQuery(given);
  if (!read.ok) {
    const faults = read.faults.map((fault) =>
      fault.name === 'since' ? { ...fault, message: `must be ${TIME_FORMS}` } : fault,
    );
    throw new UsageError(optionFaults(faults, given));
  }
  const app = connect(terminal, parts);
  const query = { ...read.query, filter: { ...read.query.filter, numbers: found.numbers } };
  if (query.sort === 'key') {
    await listByKey(terminal, app, query, all, format);
    return;
  }
  // An order needs all rows: one reading for all of them, not one for each page.
  const { detections, total } = await app.listDetections({ ...query, ...(all && { limit: ALL }) }, ALL);
  terminal.stdout.write(listText(detections, format, await viewOf(terminal)));
  say(terminal, `${groupedText(detections.length)} of ${groupedText(total ?? 0)} detections`);
}

/** The options and the search text as one. Throws a UsageError, also where both name the same filter. */
function searchOf(text: string, options: Readonly<Record<string, string>>) {
  const read = readSearch(text);
  if (!read.ok) {
    const faults = read.faults.map(({ name, message }) => `${name}: ${message}`).join('; ');
    throw new UsageError(`the search text has a fault: ${escapeForDisplay(faults, 500)}`);
  }
  const both = Object.keys(read.parameters).filter((name) => options[name] !== undefined);
  if (both.length > 0) throw new UsageError(`give ${both.join(' and ')} as an option or in the search text, not both`);
  return { parameters: { ...options, ...read.parameters }, numbers: read.numbers };
}

/** Prints page after page; a table only when it is complete, because its columns depend on all rows. */
async function listByKey(
  terminal: Terminal,
  app: ReturnType<typeof connect>,
  first: KeyQuery,
  all: boolean,
  format: OutputFormat,
): Promise<void> {
  const wanted = all ? ALL : first.limit;
  const rows: SummaryView[] = [];
  let listed = 0;
  let query: DetectionQuery = all ? { ...first, limit: MAX_LIMIT } : first;
  for (;;) {
    const { detections, next } = await app.listDetections(query);
    if (format === 'table') rows.push(...detections);
    else terminal.stdout.write(listText(detections, format, PLAIN, query.after === null));
    listed += detections.length;
    if (next === null || listed >= wanted) {
      if (format === 'table') terminal.stdout.write(listText(rows, format, await viewOf(terminal)));
      say(terminal, `${counted(listed, 'detection')}${next === null ? '' : '; there may be more: --all lists them'}`);
      return;
    }
    query = { ...next, limit: Math.min(next.limit, wanted - listed) };
  }
}
