import { readDetectionQuery } from '../../detections/detection_query.ts';
import { UsageError } from '../errors.ts';
import { formatOf } from '../output/format.ts';
import { amount } from '../output/number_text.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { listText } from './detection_list.ts';
import { optionFaults } from './option_faults.ts';

export interface ListOptions {
  readonly all: boolean;
  readonly format: string;
  readonly [filter: string]: string | boolean;
}

/** Rows of a page with `--all`. */
const PAGE_ROWS = '1000';

/** `detections list`: one page, or every page with `--all`. */
export async function listDetectionsCommand(terminal: Terminal, options: ListOptions): Promise<void> {
  const { all, format: formatName, ...parameters } = options;
  const format = formatOf(formatName);
  const given = { ...(parameters as Record<string, string>), ...(all ? { limit: PAGE_ROWS } : {}) };
  const read = readDetectionQuery(given);
  if (!read.ok) throw new UsageError(optionFaults(read.faults, given));
  const app = connect(terminal);
  let listed = 0;
  let { query } = read;
  for (;;) {
    const { detections, total, next } = await app.listDetections(query);
    terminal.stdout.write(listText(detections, format, listed === 0));
    listed += detections.length;
    if (next === null || !all) {
      say(terminal, `${amount(listed)} of ${amount(total)} detections`);
      return;
    }
    query = { ...query, after: next };
  }
}
